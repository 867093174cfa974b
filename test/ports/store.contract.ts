/** Tests that every adapter of the store ports must pass. */
import { Buffer } from 'node:buffer';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ChangedObject, MissingObject, type Store, type StoredObject } from '#lake/ports.ts';

export interface StoreUnderTest {
  store: Store;
  /** plays someone else who writes over an object, with another content of another length */
  overwrite(key: string, bytes: Uint8Array | string): Promise<void>;
  close?(): Promise<void>;
}

/** What every `Store` does. `open` makes an empty one. */
export function storeContract(open: () => Promise<StoreUnderTest>): void {
  let under: StoreUnderTest;
  let store: Store;
  beforeEach(async () => {
    under = await open();
    store = under.store;
  });
  afterEach(() => under.close?.());

  describe('create and get', () => {
    test('what was created is read back with its size, etag and time', async () => {
      expect(await store.create('a/b.json', '{"é":"😀"}')).toBe(true);
      const { body, ...object } = await store.get('a/b.json');
      expect(await text(body)).toBe('{"é":"😀"}');
      expect(object).toEqual({
        key: 'a/b.json',
        size: 13,
        etag: expect.stringMatching(/./),
        modified: expect.any(Number),
      });
      expect(await listed(store, '')).toEqual([object]);
      expect(Number.isSafeInteger(object.modified)).toBe(true);
    });

    test('a key is created once, and what lies there is left alone', async () => {
      expect(await store.create('k', 'first')).toBe(true);
      expect(await store.create('k', 'second')).toBe(false);
      expect(await content(store, 'k')).toBe('first');
    });

    test('an empty object is an object', async () => {
      expect(await store.create('empty', '')).toBe(true);
      expect(await content(store, 'empty')).toBe('');
      expect((await listed(store, 'empty'))[0]?.size).toBe(0);
    });

    test('a body of several megabytes arrives in order', async () => {
      const bytes = Buffer.alloc(3_500_000, 0);
      for (let at = 0; at + 4 <= bytes.length; at += 4) bytes.writeUInt32LE(at, at);
      await store.create('large', bytes);
      const chunks: Uint8Array[] = [];
      for await (const chunk of (await store.get('large')).body) chunks.push(chunk);
      expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
    });

    test('a body may be left in the middle, or never be begun', async () => {
      await store.create('large', Buffer.alloc(3_000_000, 1));
      await store.get('large');
      for await (const chunk of (await store.get('large')).body) {
        expect(chunk.length).toBeGreaterThan(0);
        break;
      }
      expect((await store.get('large')).size).toBe(3_000_000);
    });

    test('of 20 creators at once one wins, and its content is whole', async () => {
      const contents = Array.from({ length: 20 }, (_, i) => `${i}:`.padEnd(100_000, String.fromCharCode(65 + i)));
      const won = await Promise.all(contents.map((bytes) => store.create('deep/er/key', bytes)));
      expect(won.filter(Boolean)).toHaveLength(1);
      expect(await content(store, 'deep/er/key')).toBe(contents[won.indexOf(true)]);
    });

    test('an object that is not there is a MissingObject', async () => {
      await store.create('a/b', '');
      for (const key of ['nothing', 'a/nothing', 'a', 'a/b/c']) {
        await expect(store.get(key), key).rejects.toThrow(MissingObject);
      }
    });

    test('fault 41: an object rewritten since its etag was taken is a ChangedObject', async () => {
      await store.create('k', 'first');
      const { etag } = await store.get('k');
      expect(await text((await store.get('k', { ifMatch: etag })).body)).toBe('first');
      await under.overwrite('k', 'another content');
      await expect(store.get('k', { ifMatch: etag })).rejects.toThrow(ChangedObject);
      expect((await listed(store, 'k'))[0]?.etag).not.toBe(etag);
    });

    test('removing takes the object away, and is fine with one that is not there', async () => {
      await store.create('a/b/c', 'x');
      await store.create('a/d', 'x');
      await store.remove('a/b/c');
      await store.remove('a/b/c');
      await store.remove('never/was');
      expect(await keys(store, '')).toEqual(['a/d']);
      expect(await all(store.prefixes('a/'))).toEqual([]);
      expect(await store.create('a/b/c', 'again')).toBe(true);
      expect(await content(store, 'a/b/c')).toBe('again');
    });
  });

  describe('list', () => {
    test('is in UTF-8 binary order of whole keys, where a folder sorts as its name and "/"', async () => {
      const sorted = ['a', 'a!', 'a-b', 'a.b', 'b+c', 'b/1', 'b/2/3', 'b0', 'z', 'é', '\uFFFDx', '😀'];
      await Promise.all(sorted.toReversed().map((key) => store.create(`p/${key === 'a' ? 'a!!' : key}`, key)));
      const expected = sorted.map((key) => `p/${key === 'a' ? 'a!!' : key}`).sort(byBytes);
      expect(await keys(store, 'p/')).toEqual(expected);
      expect(expected.indexOf('p/😀')).toBeGreaterThan(expected.indexOf('p/\uFFFDx'));
    });

    test('fault 57: keys with = + space % and unicode are found, byte for byte', async () => {
      const nasty = ['dt=2024-01-01/a+b c%20d.json', 'x/%2F', 'x/ü', 'x/u\u0308', 'x/a&b?c#d', 'x/quote\'"', 'x/[*]'];
      for (const key of nasty) expect(await store.create(key, key), key).toBe(true);
      expect(await keys(store, '')).toEqual(nasty.toSorted(byBytes));
      for (const key of nasty) expect(await content(store, key)).toBe(key);
    });

    test.each([0, 1, 999, 1000, 1001, 2500])('fault 57: %i keys are all found, once', async (count) => {
      const made = Array.from({ length: count }, (_, i) => `many/${i % 7}/${String(i).padStart(5, '0')}`);
      await inGroups(made, 100, (key) => store.create(key, ''));
      expect(await keys(store, 'many/')).toEqual(made.sort(byBytes));
      const [middle = ''] = made.slice(Math.floor(count / 2));
      expect(await keys(store, 'many/', { after: middle })).toEqual(made.filter((key) => key > middle));
    });

    test('a prefix need not end at a folder, and may name nothing', async () => {
      for (const key of ['ab', 'abc/d', 'abd', 'b']) await store.create(key, '');
      expect(await keys(store, 'ab')).toEqual(['ab', 'abc/d', 'abd']);
      expect(await keys(store, 'abc')).toEqual(['abc/d']);
      expect(await keys(store, 'abc/')).toEqual(['abc/d']);
      expect(await keys(store, 'ab/')).toEqual([]);
      expect(await keys(store, 'nothing/at/all/')).toEqual([]);
    });

    test('`after` need not be a key, and may lie inside a folder', async () => {
      for (const key of ['a', 'b/1', 'b/2', 'b/3/x', 'c']) await store.create(key, '');
      expect(await keys(store, '', { after: 'b/2' })).toEqual(['b/3/x', 'c']);
      expect(await keys(store, '', { after: 'b/' })).toEqual(['b/1', 'b/2', 'b/3/x', 'c']);
      expect(await keys(store, '', { after: 'b/3/y' })).toEqual(['c']);
      expect(await keys(store, 'b/', { after: 'a' })).toEqual(['b/1', 'b/2', 'b/3/x']);
      expect(await keys(store, 'b/', { after: 'b/9' })).toEqual([]);
    });

    test('`shallow` leaves out what lies in folders below the prefix', async () => {
      for (const key of ['p/1', 'p/2/x', 'p/3', 'p2']) await store.create(key, '');
      expect(await keys(store, 'p/', { shallow: true })).toEqual(['p/1', 'p/3']);
      expect(await keys(store, 'p', { shallow: true })).toEqual(['p2']);
      expect(await keys(store, 'p/', { shallow: true, after: 'p/1' })).toEqual(['p/3']);
    });

    test('any keys come in order, under any prefix and after any key', async () => {
      const characters = [...' !+-.0=A~%[', 'é', 'e\u0308', '\uFFFD', '😀'];
      const name = fc
        .string({ unit: fc.constantFrom(...characters), minLength: 1, maxLength: 4 })
        .filter((text) => !/^\.+$/.test(text));
      const key = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
      let round = 0;
      await fc.assert(
        fc.asyncProperty(fc.uniqueArray(key, { maxLength: 12 }), key, async (wanted, cut) => {
          const root = `r${round++}/`;
          const made = withoutFilesAsFolders(wanted).map((one) => root + one);
          await Promise.all(made.map((one) => store.create(one, '')));
          const sorted = made.toSorted(byBytes);
          expect(await keys(store, root)).toEqual(sorted);
          expect(await keys(store, root, { after: root + cut })).toEqual(
            sorted.filter((one) => byBytes(one, root + cut) > 0),
          );
          const prefix = root + cut.slice(0, Math.ceil(cut.length / 2));
          if (prefix.isWellFormed() && !prefix.includes('//')) {
            expect(await keys(store, prefix)).toEqual(sorted.filter((one) => one.startsWith(prefix)));
          }
          expect(await all(store.prefixes(root))).toEqual(foldersOf(sorted, root));
        }),
        { numRuns: 60 },
      );
    });
  });

  describe('prefixes', () => {
    test('are the next level of folders, in order', async () => {
      for (const key of ['raw/2024/01/a', 'raw/2024/02/a', 'raw/2024-x/a', 'raw/file', 'other/x']) {
        await store.create(key, '');
      }
      expect(await all(store.prefixes(''))).toEqual(['other/', 'raw/']);
      expect(await all(store.prefixes('raw/'))).toEqual(['raw/2024-x/', 'raw/2024/']);
      expect(await all(store.prefixes('raw/2024'))).toEqual(['raw/2024-x/', 'raw/2024/']);
      expect(await all(store.prefixes('raw/2024/'))).toEqual(['raw/2024/01/', 'raw/2024/02/']);
      expect(await all(store.prefixes('nothing/'))).toEqual([]);
    });
  });
}

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const listed = (store: Store, prefix: string, options = {}): Promise<StoredObject[]> =>
  all(store.list(prefix, options));

const keys = async (store: Store, prefix: string, options = {}): Promise<string[]> =>
  (await listed(store, prefix, options)).map(({ key }) => key);

async function text(body: AsyncIterable<Uint8Array>): Promise<string> {
  return Buffer.concat(await all(body)).toString('utf8');
}

const content = async (store: Store, key: string): Promise<string> => text((await store.get(key)).body);

async function inGroups<T>(items: readonly T[], size: number, work: (item: T) => Promise<unknown>): Promise<void> {
  for (let at = 0; at < items.length; at += size) await Promise.all(items.slice(at, at + size).map(work));
}

/** S3 can hold `a` and `a/b`, a disk can't: leaves out the keys that are also folders. */
const withoutFilesAsFolders = (wanted: readonly string[]): string[] =>
  wanted.filter((key) => !wanted.some((other) => other.startsWith(`${key}/`)));

const foldersOf = (sorted: readonly string[], root: string): string[] => [
  ...new Set(
    sorted.flatMap((key) => {
      const end = key.indexOf('/', root.length);
      return end < 0 ? [] : [key.slice(0, end + 1)];
    }),
  ),
];
