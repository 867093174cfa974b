import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { keyedHash } from '#host/keyed-hash.ts';
import { mayHold, mayHoldBytes } from '#lake/decode/address-texts.ts';
import { Pseudonyms } from '#lake/decode/pseudonyms.ts';
import { DEFAULT_SETTINGS } from '#lake/settings.ts';
import { addressesIn, addressFinder, unhashedIn } from '#test/addresses-in.ts';
import { KEYED_HASH, readFiles, rowsOf } from '#test/fuzz/both-ways.ts';
import { SEEDS } from '#test/fuzz/corpus.ts';
import { generated, keysIn } from '#test/generate/folder.ts';

const hide = new Pseudonyms(KEYED_HASH);
const ann = hide.address('ann@example.org').split('@')[0];
const doe = hide.address('ann.doe@example.org').split('@')[0];
const HASHED = { ...DEFAULT_SETTINGS, addresses: 'hashed' as const };
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const base64url = (text: string): string => Buffer.from(text).toString('base64url');
const wrapped = (text: string): string => base64(text).replace(/.{76}/g, '$&\r\n');

describe('an address', () => {
  test('becomes the first half of an HMAC-SHA-256 (RFC 2104) of it in lower case, and keeps its domain', () => {
    // By openssl: printf %s ann@example.org | openssl dgst -sha256 -hmac 'a key that is only for tests, and known to all'
    expect(hide.address('Ann@Example.ORG')).toBe('ed9a60b471304415045f59a451e26a66_@example.org');
  });

  test('has one hash in every spelling that recipient_key joins, another under another key', () => {
    const spellings = ['ann@example.org', 'ANN@example.org', ' Ann <ann@EXAMPLE.org> ', '"Doe, Ann" <ann@example.org>'];
    for (const spelling of spellings) expect(hide.people(spelling)).toBe(`${ann}@example.org`);
    expect(hide.people('ann@example.org, Bob <bob@example.net>')).toMatch(
      /^[0-9a-f]{32}_@example\.org, [0-9a-f]{32}_@/,
    );
    expect(new Pseudonyms(keyedHash('k'.repeat(32))).address('ann@example.org')).not.toContain(ann);
    expect(() => keyedHash('short')).toThrow('shorter than 32');
  });

  test('without a domain that can be read is the hash alone', () => {
    for (const odd of ['ann', 'ann@[192.0.2.1]', 'ann@1.2.3']) expect(hide.people(odd)).toMatch(/^[0-9a-f]{32}$/);
    expect(hide.people('jürgen@exämple.de')).toMatch(/^[0-9a-f]{32}_@xn--exmple-cua\.de$/);
  });
});

describe('in a text an address gives way to its hash', () => {
  test.each([
    ['550 5.1.1 <ann@example.org>: unknown', `550 5.1.1 <${ann}@example.org>: unknown`],
    ['to ANN@example.org.', `to ${ann}@example.org.`],
    ['mailto:ann@example.org?subject=x', `mailto:${ann}@example.org?subject=x`],
    ['https://t.example/u?e=ann@example.org&c=1', `https://t.example/u?e=${ann}@example.org&c=1`],
    ['https://t.example/u?e=ann%40example.org&c=1', `https://t.example/u?e=${ann}%40example.org&c=1`],
    ['https://t.example/ann%2540example.org/x', `https://t.example/${ann}%2540example.org/x`],
    ['r?u=https%3A%2F%2Fx%2F%3Fe%3Dann%40example.org%26c', `r?u=https%3A%2F%2Fx%2F%3Fe%3D${ann}%40example.org%26c`],
    ['arn:aws:ses:eu-west-1:1:identity/ann@example.org', `arn:aws:ses:eu-west-1:1:identity/${ann}@example.org`],
    ['=?utf-8?Q?Hi_ann=40example.org?=', `Hi ${ann}@example.org`],
    [`=?utf-8?B?${base64('Hi ann@example.org')}?=`, `Hi ${ann}@example.org`],
    ['x=3Dann=40example.org', `x=3D${ann}=40example.org`],
    [`/u/${base64('ann@example.org')}`, `/u/${base64(`${ann}@example.org`).replace(/=+$/, '')}`],
    [`t=${base64('{"e":"ann@example.org"}')}`, `t=${base64(`{"e":"${ann}@example.org"}`)}`],
    ['user=ann@example.org', `user=${ann}@example.org`],
    ['%61%6e%6e%40%65%78%61%6d%70%6c%65%2e%6f%72%67', `${ann}%40example.org`],
    ['?e=%61nn%2540%2565xample.org&c=1', `?e=${ann}%2540example.org&c=1`],
    ['%3Cann@example%2Eorg%3E', `%3C${ann}@example.org%3E`],
    ['r?u=https%3A%2F%2Fx%2F%3Fe%3Dann.doe%40example.org', `r?u=https%3A%2F%2Fx%2F%3Fe%3D${doe}%40example.org`],
    ['ann=2Edoe=40example=2Eorg', `${doe}=40example.org`],
    ['ann=2Edoe@example=2Eorg', `${doe}@example.org`],
    ['=61=6E=6E=40example.org', `${ann}=40example.org`],
    ['ann.doe=40exam=\r\nple.org, ann.d=\noe@example.org', `${doe}=40example.org, ${doe}@example.org`],
    ['ann=40localhost', `${hide.address('ann@localhost').split('@')[0]}=40localhost`],
    [encodeURIComponent('jürgen@exämple.de'), hide.address('jürgen@exämple.de').replace('@', '%40')],
    ['{"to":"Ann \\u003c\\u0061nn\\u0040example.org\\u003e"}', `{"to":"Ann <${ann}@example.org>"}`],
    ['"of,\\r\\n\\tann@example.org"', `"of,\\r\\n\\t${ann}@example.org"`],
    [`t=${base64('to ann%40example.org')}`, `t=${base64(`to ${ann}%40example.org`)}`],
    [`t=${base64('"ann\\u0040example.org"')}`, `t=${base64(`"${ann}@example.org"`)}`],
    [`t=${base64('{"e":"ann@localhost"}')}`, `t=${base64(`{"e":"${hide.address('ann@localhost')}"}`)}`],
    [
      `/u/${base64url('ann@example.org')}/${base64url(' ann@example.org')}`,
      `/u/${base64url(`${ann}@example.org`)}/${base64url(` ${ann}@example.org`)}`,
    ],
    [
      Buffer.from(`Hi ann@example.org`, 'utf16le').toString('base64'),
      Buffer.from(`Hi ${ann}@example.org`, 'utf16le').toString('base64').replace(/=+$/, ''),
    ],
    [
      Buffer.from(`Hi ann@example.org`, 'utf16le').swap16().toString('base64url'),
      Buffer.from(`Hi ${ann}@example.org`, 'utf16le').swap16().toString('base64url'),
    ],
    [wrapped(`${' '.repeat(50)}ann@example.org`), base64(`${' '.repeat(50)}${ann}@example.org`)],
    [wrapped(`${' '.repeat(55)}ann%40example.org`), base64(`${' '.repeat(55)}${ann}%40example.org`).replace(/=+$/, '')],
  ])('%s', (text, hidden) => {
    expect(hide.text(text)).toBe(hidden);
  });

  test('and what stands in another one goes with it', () => {
    for (const text of ['bounce+ann=example.org@news.example', '"ann doe"@example.org', '/G=Ann/S=Doe/@gw.example']) {
      expect(hide.text(text)).toMatch(/^[0-9a-f]{32}_@[a-z.]+$/);
    }
  });

  test.each(['@media', 'w=40em;', 'a @ b', 'no address', 'QA', 'https://x.example/?q=40%25', '{"a":"@ann"}'])(
    '%s stays as it is',
    (text) => {
      expect(hide.text(text)).toBe(text);
      expect(hide.json(JSON.stringify({ a: text }))).toBe(JSON.stringify({ a: text }));
    },
  );

  test('within JSON, names of fields included, and however quotes stand there', () => {
    const given = { 'ann@example.org': ['"ann doe"@example.org', '@a'], b: 'x\\"' };
    const hidden = JSON.parse(hide.json(JSON.stringify(given)));
    expect(Object.keys(hidden)).toEqual([`${ann}@example.org`, 'b']);
    expect(hidden[`${ann}@example.org`]).toEqual([expect.stringMatching(/^[0-9a-f]{32}_@example\.org$/), '@a']);
  });

  test('and what may hold one as a text may as bytes, whatever two characters show it', () => {
    const chars = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));
    const pairs = chars.flatMap((first) => chars.map((second) => first + second));
    expect(pairs.filter(mayHold).filter((pair) => !mayHoldBytes(Buffer.from(pair), 0, 2))).toEqual([]);
    expect(pairs.filter(mayHold).length).toBeLessThan(400);
  });

  test('in time that grows with the text', () => {
    for (const part of ['@', 'a@', '%40', 'a%40', '=40', '"@', 'QA', 'a@b.', '/?=&@', '%3D=40a', ...HOSTILE]) {
      const took = [2000, 20_000].map((times) => {
        const before = process.threadCpuUsage();
        hide.text(part.repeat(times));
        return process.threadCpuUsage(before).user / 1000;
      });
      expect(took[1], part).toBeLessThan(Math.max(300, 60 * (took[0] ?? 0)));
    }
  });
});

/** What encodings begin with, and letters of Base64, without end. */
const HOSTILE = ['%61', '%25', '=', '=\n', '=61', '\\', '\\u0040', '\\n', 'A', `${'aQA'.repeat(30)}\n`, 'a\0', '@%61'];

test('a text of 15 MB is read whatever it repeats', () => {
  for (const part of ['A', 'QA', '%61', 'a.', 'a\\0', `${'aQA'.repeat(30)}\\n`]) {
    const text = `a%40${part.repeat(15e6 / part.length)} ann@example.org`;
    expect(hide.text(text).endsWith(` ${ann}@example.org`), part).toBe(true);
  }
});

/** The texts that all files hold, by table and column. */
type Cells = ReadonlyMap<string, ReadonlySet<string>>;

async function cellsOf(files: ReadonlyMap<string, Uint8Array>): Promise<Cells> {
  const cells = new Map<string, Set<string>>();
  for (const [name, bytes] of files) {
    for (const row of await rowsOf(bytes)) {
      for (const [column, text] of Object.entries(row)) {
        const place = `${name.split(' ')[0]}.${column}`;
        cells.set(place, (cells.get(place) ?? new Set()).add(text));
      }
    }
  }
  return cells;
}

/** Reads the objects with plain addresses and with hashed ones. */
async function bothKinds(objects: readonly Buffer[]) {
  const [plain, hashed] = [await readFiles(objects, DEFAULT_SETTINGS), await readFiles(objects, HASHED)];
  expect(hashed.counts).toEqual(plain.counts);
  const [plainCells, cells] = [await cellsOf(plain.files), await cellsOf(hashed.files)];
  const addresses = new Set(
    [...plainCells.values()]
      .flatMap((texts) => [...texts].flatMap(addressesIn))
      .map((address) => address.toLowerCase()),
  );
  const expectAsMany = (...places: string[]): void => {
    for (const place of places) expect(cells.get(place)?.size, place).toBe(plainCells.get(place)?.size);
  };
  return { plainCells, cells, addresses, expectAsMany, files: hashed.files };
}

function expectNone(cells: Cells, addresses: Iterable<string>): void {
  const find = addressFinder(addresses);
  const found = [...cells].flatMap(([place, texts]) =>
    [...texts].flatMap((text) => [
      ...find(text).map(({ form }) => `${place}: ${form}`),
      ...unhashedIn(text).map((address) => `${place}: ${address}`),
    ]),
  );
  expect(found).toEqual([]);
}

describe('with hashed addresses no cell of any file holds one, in any form', () => {
  test('of every fixture in every envelope; and there are as many persons as with plain ones', async () => {
    const { plainCells, cells, addresses, expectAsMany } = await bothKinds(SEEDS.map(({ bytes }) => bytes));
    expect(addresses.size).toBeGreaterThan(10);
    expectNone(cells, addresses);
    // The search finds what is there.
    expect(() => expectNone(plainCells, addresses)).toThrow();
    expectAsMany(
      ...['recipient_key', 'recipient_domain', 'reply_to', 'from_address', 'link'].map((name) => `events.${name}`),
    );
    expect([...(cells.get('quarantine.raw') ?? [])]).toEqual(['null']);
  });

  test('of generated mail with all its faults, read by shapes and record by record alike', async () => {
    await generated({ messages: 40, days: 3, seed: 3, dirty: true, dates: 2 }, async ({ folder }) => {
      const objects = keysIn(folder).map((key) => readFileSync(join(folder, key)));
      const { cells, addresses, expectAsMany, files } = await bothKinds(objects);
      expect(addresses.size).toBeGreaterThan(100);
      expectNone(cells, addresses);
      expectAsMany('events.event_id', 'events.recipient_key', 'events.campaign_id', 'clicks.link_host', 'clicks.link');
      const exact = await readFiles(objects, HASHED, true);
      expect([...exact.files.keys()]).toEqual([...files.keys()]);
      for (const [name, bytes] of exact.files) expect(Buffer.compare(bytes, files.get(name) ?? bytes), name).toBe(0);
    });
  });
});
