/** Tests that every adapter must pass that writes raw objects once more. */
import { beforeEach, expect, test } from 'vitest';
import { ChangedObject, MissingObject, type RawEditor, type Store } from '#lake/ports.ts';
import { readBytes } from '#lake/protocol/records.ts';

/** `open` makes an empty store. */
export function editorContract(open: () => Promise<Store & RawEditor>): void {
  let store: Store & RawEditor;
  beforeEach(async () => {
    store = await open();
  });
  const etagOf = async (key: string): Promise<string> => (await store.get(key)).etag;
  const content = async (key: string): Promise<string> => Buffer.from(await readBytes(store, key)).toString();

  test('an object is written over what was read, and has another etag', async () => {
    await store.create('a/b', 'first');
    const before = await etagOf('a/b');
    const { etag, isKept } = await store.replace('a/b', Buffer.from('other'), before);
    expect([await content('a/b'), await etagOf('a/b'), isKept]).toEqual(['other', etag, false]);
    expect(etag).not.toBe(before);
  });

  test('what somebody else has written meanwhile stays, and what is gone does not come back', async () => {
    await store.create('k', 'first');
    const before = await etagOf('k');
    await store.replace('k', Buffer.from('by another'), before);
    await expect(store.replace('k', Buffer.from('mine'), before)).rejects.toThrow(ChangedObject);
    expect(await content('k')).toBe('by another');
    await expect(store.replace('gone', Buffer.from('mine'), before)).rejects.toThrow(MissingObject);
  });

  test('of several at once that have read the same, one writes', async () => {
    await store.create('k', 'first');
    const before = await etagOf('k');
    const texts = ['one', 'two', 'three', 'four'];
    const done = await Promise.allSettled(texts.map((text) => store.replace('k', Buffer.from(text), before)));
    const written = texts.filter((_, i) => done[i]?.status === 'fulfilled');
    expect(written).toEqual([await content('k')]);
  });
}
