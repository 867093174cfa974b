import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe } from 'vitest';
import { MountedRaw } from '#lake/mounted-raw.ts';
import { mountOf } from '#lake/protocol/raw-sources.ts';
import { DiskStore } from '#local/disk/store.ts';
import { editorContract } from './editor.contract.ts';
import { folderOf } from './folder-of.ts';
import { MemoryStore } from './memory-store.ts';
import { SortedStore } from './sorted-store.ts';
import { type StoreUnderTest, storeContract } from './store.contract.ts';

const onDisk = async (): Promise<StoreUnderTest> => {
  const root = await mkdtemp(join(tmpdir(), 'store-'));
  return {
    store: new DiskStore(root),
    overwrite: (key, bytes) => writeFile(join(root, key), bytes),
    close: () => rm(root, { recursive: true }),
  };
};

describe('a store in memory', () => {
  storeContract(async () => {
    const store = new MemoryStore();
    return { store, overwrite: async (key, bytes) => store.put(key, bytes) };
  });
});

describe('a sorted store in memory', () => {
  storeContract(async () => {
    const store = new SortedStore(Date.now);
    return { store, overwrite: async (key, bytes) => store.put(key, bytes) };
  });
});

describe('a raw store behind a mount', () => {
  storeContract(async () => {
    const store = new MemoryStore();
    const mounted = new MountedRaw(new MemoryStore(), [['other', store]]);
    return {
      store: {
        ...folderOf(mounted, mountOf('other')),
        create: (key, bytes) => store.create(key, bytes),
        remove: (key) => store.remove(key),
      },
      overwrite: async (key, bytes) => store.put(key, bytes),
    };
  });
});

describe('a store on disk', () => {
  storeContract(onDisk);
});

describe('a store on disk, whose objects are written once more', () => {
  const roots: string[] = [];
  afterEach(() => Promise.all(roots.splice(0).map((root) => rm(root, { recursive: true }))));
  editorContract(async () => {
    roots.push(await mkdtemp(join(tmpdir(), 'store-')));
    return new DiskStore(roots.at(-1) ?? '');
  });
});
