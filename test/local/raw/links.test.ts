/** Links, circles and folders that can't be read, in a raw folder and between it and the lake. */
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { rawFolder } from '#cli/commands/options.ts';
import { createState } from '#lake/protocol/records.ts';
import { DiskStore } from '#local/disk/store.ts';
import { RAW_RECORD, refuseOtherRaw } from '#local/raw/known-folder.ts';
import { openRaw } from '#local/raw/store.ts';

let folder: string;
const at = (...names: string[]): string => join(folder, ...names);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'links-'));
  for (const name of ['raw', 'lake', 'other']) mkdirSync(at(name));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a raw folder with', () => {
  const listed = async (): Promise<{ keys: string[]; unread: string[] }> => {
    const unread = new Set<string>();
    const raw = openRaw(at('raw'), (path) => unread.add(path));
    const keys = (await Array.fromAsync(raw.list(''))).map(({ key }) => key);
    return { keys, unread: [...unread] };
  };

  test('links within it, a circle, a link to nothing and one that leads out is listed, and what can’t be read is told', async () => {
    mkdirSync(at('raw', 'a'));
    for (const name of ['a/1.json', 'b.json', 'z.json']) writeFileSync(at('raw', name), '{}');
    symlinkSync(at('raw', 'a'), at('raw', 'again'));
    symlinkSync('..', at('raw', 'a', 'up'));
    symlinkSync('round', at('raw', 'round'));
    symlinkSync('gone', at('raw', 'nothing'));
    symlinkSync(at('other'), at('raw', 'out'));
    expect(await listed()).toEqual({
      keys: ['a/1.json', 'b.json', 'z.json'],
      unread: expect.arrayContaining([at('raw', 'out'), at('raw', 'round')]),
    });
  });

  test('a folder that can’t be read is listed but for that folder, which is told', async () => {
    mkdirSync(at('raw', 'closed'));
    for (const name of ['a.json', 'closed/b.json', 'z.json']) writeFileSync(at('raw', name), '{}');
    chmodSync(folder, 0o755);
    chmodSync(at('raw', 'closed'), 0o000);
    // The system refuses root nothing, so as root this takes the rights of nobody meanwhile.
    const isRoot = process.getuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534);
    const found = await listed().finally(() => {
      if (isRoot) process.seteuid?.(0);
      chmodSync(at('raw', 'closed'), 0o700);
    });
    expect(found).toEqual({ keys: ['a.json', 'z.json'], unread: [at('raw', 'closed')] });
  });

  test('a name that is no UTF-8 is listed but for that one, which is told', async () => {
    writeFileSync(at('raw', 'a.json'), '{}');
    writeFileSync(Buffer.concat([Buffer.from(at('raw', 'ca')), Buffer.from([0xff])]), '{}');
    const { keys, unread } = await listed();
    expect([keys, unread.length]).toEqual([['a.json'], 1]);
  });
});

describe('fault 79: a lake and a raw folder inside each other are refused', () => {
  test.each<[string, () => { raw: string; lake: string }]>([
    ['the lake in the raw folder', () => ({ raw: at('raw'), lake: at('raw', 'lake') })],
    ['the raw folder in the lake', () => ({ raw: at('raw'), lake: folder })],
    [
      'the lake by a link into the raw folder',
      () => {
        symlinkSync(at('raw'), at('elsewhere'));
        return { raw: at('raw'), lake: at('elsewhere', 'new', 'lake') };
      },
    ],
    [
      'the raw folder by a link into the lake',
      () => {
        symlinkSync(at('lake'), at('elsewhere'));
        return { raw: at('elsewhere'), lake: at('lake') };
      },
    ],
  ])('%s', async (_, make) => {
    await expect(rawFolder(make())).rejects.toThrow(/ lies in the (raw folder|lake) /);
  });

  test('side by side they are not', async () => {
    expect(await rawFolder({ raw: at('raw'), lake: at('lake') })).toBe(at('raw'));
  });
});

test('one file is read whatever lies beside it', async () => {
  for (const name of ['a.json', 'a.json.gz']) writeFileSync(at('raw', name), '{}');
  symlinkSync(at('other'), at('raw', 'out'));
  const listed = await Array.fromAsync(openRaw(at('raw', 'a.json'), () => {}).list(''));
  expect(listed.map(({ key }) => key)).toEqual(['a.json']);
});

describe('another raw folder than the one that the lake was filled from', () => {
  beforeEach(async () => {
    writeFileSync(at('raw', 'a.json'), 'one');
    const objects = [{ key: 'a.json', etag: '3-1', size: 3, modified: 1 }];
    await createState(new DiskStore(at('lake')), 'v1/state/plans/0.json', {
      prefix: '',
      units: [{ id: 'u', objects }],
    });
    writeFileSync(at('lake', RAW_RECORD), JSON.stringify({ folder: at('raw') }));
  });

  test('is refused while the known one is away, and the known one is accepted where it has moved to', async () => {
    renameSync(at('raw'), at('moved'));
    writeFileSync(at('other', 'a.json'), 'longer');
    await expect(refuseOtherRaw(at('lake'), at('other'))).rejects.toThrow(
      /which is not there now, and none .* such as a.json/,
    );
    await refuseOtherRaw(at('lake'), at('moved'));
    writeFileSync(at('lake', RAW_RECORD), JSON.stringify({ folder: at('other') }));
    await refuseOtherRaw(at('lake'), at('other'));
  });

  test.each(['', '{"fol', '{}', 'null'])('is refused when the record is %j', async (text) => {
    writeFileSync(at('lake', RAW_RECORD), text);
    await expect(refuseOtherRaw(at('lake'), at('other'))).rejects.toThrow(/nobody knows from which folder/);
    await refuseOtherRaw(at('lake'), at('raw'));
  });
});
