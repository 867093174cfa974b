import { chmod, mkdir, mkdtemp, readdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ChangedObject, DeniedObject, MissingObject } from '#lake/ports.ts';
import { readFailure, writeFailure } from '#local/disk/failure.ts';
import { Disk } from '#local/disk/files.ts';
import { nameOfEntry } from '#local/disk/keys.ts';
import { DiskStore } from '#local/disk/store.ts';

let folder: string;
let root: string;
let store: DiskStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'disk-'));
  root = join(folder, 'root');
  await mkdir(root);
  store = new DiskStore(root);
});
afterEach(() => rm(folder, { recursive: true }));

const keys = async (prefix = '', of: DiskStore = store): Promise<string[]> => {
  const found: string[] = [];
  for await (const { key } of of.list(prefix)) found.push(key);
  return found;
};

const read = async (key: string): Promise<string> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of (await store.get(key)).body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};

/** The system refuses root nothing, so as root this takes the rights of nobody meanwhile. */
async function asOrdinaryUser(work: () => Promise<void>): Promise<void> {
  const isRoot = process.getuid?.() === 0;
  if (isRoot) {
    await chmod(folder, 0o755);
    process.seteuid?.(65_534);
  }
  try {
    await work();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

describe('keys', () => {
  test.each(['', '/etc/passwd', '../out', 'a/../../out', 'a/./b', 'a//b', 'a/', 'a\0b', '.tmp/x', 'half \ud800'])(
    'the key %j is refused, and nothing is written',
    async (key) => {
      await expect(store.create(key, 'x')).rejects.toThrow('not a key of a folder');
      await expect(store.get(key)).rejects.toThrow('not a key of a folder');
      await expect(store.remove(key)).rejects.toThrow('not a key of a folder');
      expect(await readdir(folder)).toEqual(['root']);
      expect(await readdir(root)).toEqual([]);
    },
  );

  test.each(['../', '/', 'a/../', 'a//'])('the prefix %j is refused', async (prefix) => {
    await expect(keys(prefix)).rejects.toThrow('not a key of a folder');
  });

  test('a file name that is not UTF-8 is an error, not another key', () => {
    expect(() => nameOfEntry(Buffer.from([0x63, 0x61, 0xe9]), 'raw/')).toThrow(
      'file name is not UTF-8, rename it: "raw/ca\uFFFD"',
    );
  });

  test('a name with a real U+FFFD in it is a key like any other', async () => {
    await writeFile(join(root, 'a\uFFFD'), 'x');
    expect(await keys()).toEqual(['a\uFFFD']);
  });
});

describe('temporary files', () => {
  test('fault 65: lie outside of every table, are gone afterwards and never listed', async () => {
    const big = 'x'.repeat(5_000_000);
    const creating = Promise.all([1, 2, 3].map((n) => store.create(`v1/live/events/dt=2024-01-01/${n}.parquet`, big)));
    const seen = new Set<string>();
    let done = false;
    const created = creating.finally(() => {
      done = true;
    });
    while (!done) for (const key of await keys()) seen.add(key);
    expect(await created).toEqual([true, true, true]);
    expect([...seen].every((key) => /^v1\/live\/events\/dt=2024-01-01\/[123]\.parquet$/.test(key))).toBe(true);
    expect(await readdir(join(root, '.tmp'))).toEqual([]);
  });

  test('what a crashed process left is swept once it is old', async () => {
    const disk = new Disk(root);
    const [old, young] = [await disk.temporary(), await disk.temporary()];
    await mkdir(old);
    await writeFile(join(old, 'spill'), 'x');
    await writeFile(young, 'x');
    await utimes(old, 1000, 1000);
    await disk.sweep(2_000_000);
    expect(await readdir(join(root, '.tmp'))).toEqual([young.slice(young.lastIndexOf('/') + 1)]);
  });
});

describe('folders', () => {
  test('a folder without files is no prefix', async () => {
    await mkdir(join(root, 'p/empty/deeper'), { recursive: true });
    await store.create('p/full/x', '');
    const found: string[] = [];
    for await (const prefix of store.prefixes('p/')) found.push(prefix);
    expect(found).toEqual(['p/full/']);
  });

  test('removing the last object takes the empty folders away, but not the root', async () => {
    await store.create('a/b/c', '');
    await store.create('a/d', '');
    await store.remove('a/b/c');
    expect(await readdir(join(root, 'a'))).toEqual(['d']);
    await store.remove('a/d');
    expect(await readdir(root)).toEqual(['.tmp']);
  });

  test('creators and removers in one folder do not disturb each other', async () => {
    await Promise.all(
      Array.from({ length: 100 }, async (_, n) => {
        expect(await store.create(`a/b/${n}`, '')).toBe(true);
        if (n % 2) await store.remove(`a/b/${n}`);
      }),
    );
    expect(await keys()).toHaveLength(50);
  });

  test('a root that is not there yet is empty, and is made with the first object', async () => {
    const fresh = new DiskStore(join(folder, 'not/there'));
    expect(await keys('', fresh)).toEqual([]);
    await expect(fresh.get('x')).rejects.toThrow(MissingObject);
    expect(await fresh.create('x', 'y')).toBe(true);
    expect(await keys('', fresh)).toEqual(['x']);
  });
});

describe('links', () => {
  test('a link to a file is that file, one to nothing is not there', async () => {
    await writeFile(join(folder, 'elsewhere.json'), 'content');
    await symlink('../elsewhere.json', join(root, 'link.json'));
    await symlink('nowhere', join(root, 'broken.json'));
    expect(await keys()).toEqual(['link.json']);
    expect(await read('link.json')).toBe('content');
  });

  test('a link to a folder inside the root is passed over: its files are listed once, and a cycle ends', async () => {
    await store.create('2024/01/a', '');
    await symlink('2024', join(root, 'current'));
    await symlink('..', join(root, '2024/up'));
    expect(await keys()).toEqual(['2024/01/a']);
  });

  test('a link to a folder outside of the root is an error that says what to do', async () => {
    await mkdir(join(folder, 'archive'));
    await symlink(join(folder, 'archive'), join(root, 'old'));
    await expect(keys()).rejects.toThrow('link leads out of the folder that is read; remove it, or read its target');
  });

  test('the root itself may be a link', async () => {
    await store.create('a/b', '');
    await symlink('root', join(folder, 'alias'));
    expect(await keys('', new DiskStore(join(folder, 'alias')))).toEqual(['a/b']);
  });
});

describe('reading', () => {
  test('fault 41: a large object rewritten between the answer and the reading is a ChangedObject', async () => {
    await store.create('large', Buffer.alloc(3_000_000, 1));
    const { body } = await store.get('large');
    await writeFile(join(root, 'new'), Buffer.alloc(3_000_000, 2));
    await rename(join(root, 'new'), join(root, 'large'));
    await expect(Array.fromAsync(body)).rejects.toThrow(ChangedObject);
  });

  test('fault 41: a large object rewritten in place while it is read is a ChangedObject', async () => {
    await store.create('large', Buffer.alloc(3_000_000, 1));
    let chunks = 0;
    const reading = async (): Promise<void> => {
      for await (const _ of (await store.get('large')).body) {
        if (chunks++ === 0) await writeFile(join(root, 'large'), 'short');
      }
    };
    await expect(reading()).rejects.toThrow(ChangedObject);
    expect(chunks).toBeLessThan(3);
  });

  test('a folder, and what would lie below a file, are a MissingObject', async () => {
    await store.create('a/b', '');
    await expect(store.get('a')).rejects.toThrow(MissingObject);
    await expect(store.get('a/b/c')).rejects.toThrow(MissingObject);
  });
});

describe('what the system refuses', () => {
  const failure = (code: string): Error => Object.assign(new Error(code), { code });

  test('fault 60: a read that is denied is a DeniedObject, which names the object and what to do', () => {
    for (const code of ['EACCES', 'EPERM']) {
      const denied = readFailure(failure(code), 'raw/a.gz');
      expect(denied).toBeInstanceOf(DeniedObject);
      expect(denied).toHaveProperty('message', `access denied, grant read access and run again: raw/a.gz (${code})`);
    }
  });

  test.each([
    ['ENOSPC', 'the disk is full: make room'],
    ['EROFS', 'read-only: choose another folder'],
    ['EACCES', 'grant write access'],
  ])('a write that ends in %s names the object and what to do', (code, remedy) => {
    const explained = writeFailure(failure(code), 'v1/live/x');
    expect(String(explained)).toContain(remedy);
    expect(String(explained)).toContain(`v1/live/x (${code})`);
  });

  test('fault 60: a file that this user may not read is denied, and its neighbours are read', async () => {
    await store.create('closed', 'x');
    await store.create('open', 'y');
    await chmod(join(root, 'closed'), 0o000);
    await asOrdinaryUser(async () => {
      await expect(store.get('closed')).rejects.toThrow(DeniedObject);
      expect(await read('open')).toBe('y');
    });
  });

  test('a folder that this user may not write into is said, and nothing is left behind', async () => {
    await mkdir(join(root, 'closed'));
    await mkdir(join(root, '.tmp'));
    await chmod(join(root, 'closed'), 0o555);
    await chmod(join(root, '.tmp'), 0o777);
    await asOrdinaryUser(() =>
      expect(store.create('closed/x', '')).rejects.toThrow(
        "object can't be written, access to its folder is denied: grant write access and run again: closed/x (EACCES)",
      ),
    );
    expect(await readdir(join(root, '.tmp'))).toEqual([]);
  });

  test('a file in the place of a folder, or a folder in that of a file, is said', async () => {
    await store.create('a', '');
    await expect(store.create('a/b', '')).rejects.toThrow('a file stands where its folder should be');
    await store.create('c/d', '');
    await expect(store.create('c', '')).rejects.toThrow('a folder stands in its place');
    expect(await readdir(join(root, '.tmp'))).toEqual([]);
  });
});

describe('without hard links', () => {
  test('of 20 creators at once one wins, whole, and no lock stays behind', async () => {
    const stores = [1, 2, 3, 4].map(() => new DiskStore(root, { hardLinks: false }));
    const contents = Array.from({ length: 20 }, (_, i) => `${i}:`.padEnd(50_000, '.'));
    const won = await Promise.all(contents.map((bytes, i) => stores[i % 4]?.create('deep/key', bytes)));
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await read('deep/key')).toBe(contents[won.indexOf(true)]);
    expect(await readdir(join(root, '.tmp'))).toEqual([]);
  });

  test('the lock of a process that died is broken', async () => {
    const lock = join(root, '.tmp/lock');
    await mkdir(lock, { recursive: true });
    await utimes(lock, 1000, 1000);
    expect(await new DiskStore(root, { hardLinks: false }).create('key', 'x')).toBe(true);
    expect(await read('key')).toBe('x');
  });
});
