import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { DiskStore } from '#local/disk/store.ts';
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

describe('a store on disk', () => {
  storeContract(onDisk);
});
