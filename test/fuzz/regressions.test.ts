/** What fuzzing has found, each with the smallest input that shows it. Quadratic work shows as a test that never ends. */
import { Readable } from 'node:stream';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { expect, test } from 'vitest';
import { parseAddresses } from '#lake/decode/address.ts';
import { classify } from '#lake/decode/classify.ts';
import { exactRecord } from '#lake/decode/exact-numbers.ts';
import { wholeOf } from '#lake/decode/fields.ts';
import { instantOf } from '#lake/decode/instant.ts';
import { MOST_RECIPIENTS } from '#lake/decode/recipients.ts';
import type { RawStore } from '#lake/ports.ts';
import { parseJson } from '#lake/read/json.ts';
import { RecordPlace } from '#lake/read/record.ts';
import { Splitter } from '#lake/read/splitter.ts';
import { DEFAULT_SETTINGS } from '#lake/settings.ts';
import { readUnit } from '#lake/steps/transform/read-unit.ts';
import { quarantine } from '#lake/tables/quarantine.ts';
import { Columns } from '#lake/write/columns.ts';
import { encodeParquet } from '#lake/write/parquet.ts';
import { decodeValues } from '#test/lake/decode/collect.ts';
import { LIMITS, notes, read } from '#test/lake/read/reading.ts';
import { queryWithDuckDB } from '#test/lake/write/readers.ts';
import { DELIVERED } from './reading.ts';
import { countWork, takeWork } from './work.ts';

/** Characters: their square would take hours. */
const LONG = 500_000;

test('a Firehose error whose message is an object with a toString is rejected, not called', async () => {
  const error = { attemptsMade: 1, errorCode: { toString: 1, valueOf: 1 }, errorMessage: [], rawData: '!' };
  expect((await read(`${JSON.stringify(error)}\n`)).told).toEqual([{ reject: 'firehose_error' }]);
});

test('rawData that is base64 but for its very end is refused in one pass', async () => {
  const error = { attemptsMade: 1, errorCode: 'x', rawData: `AAAA${' '.repeat(LONG)}!` };
  expect((await read(`${JSON.stringify(error)}\n`)).told).toEqual([{ reject: 'firehose_error' }]);
});

test('records between carriage returns alone are each looked at once', async () => {
  countWork();
  takeWork();
  const input = '{"a":1}\r'.repeat(30_000);
  expect((await read(`${input}\n`)).records).toBe(30_000);
  const { parsed, scanned } = takeWork();
  expect(parsed + scanned).toBeLessThan(4 * input.length);
});

test.each(['\r', ' '])(
  'records between broken pieces of one line (%j) are each looked at a few times',
  async (space) => {
    countWork();
    takeWork();
    const input = `{"a":1}${space}a":1}${space}`.repeat(10_000);
    for (const end of ['', '\n']) {
      const { told } = await read(input + end);
      expect(told.filter((one) => 'record' in one)).toHaveLength(10_000);
    }
    const { parsed, scanned } = takeWork();
    expect(parsed + scanned).toBeLessThan(12 * input.length);
  },
);

test('the end of a broken run does not depend on how the white space behind it comes in', () => {
  const bytes = Buffer.from(`{"a"${'\n'.repeat(100)}{"b":1}\n`);
  const places = [1, 7, 64, 1000].map((size) => {
    const visitor = notes();
    const splitter = new Splitter(LIMITS, visitor, new RecordPlace());
    for (let at = 0; at < bytes.length; at += size) splitter.push(bytes.subarray(at, at + size));
    splitter.end('json');
    return visitor.places.map(({ offset, length }) => [offset, length]);
  });
  for (const found of places) {
    expect(found).toEqual([
      [0, 4],
      [104, 7],
    ]);
  }
});

test('a string of nothing but control characters is repaired', () => {
  const text = '\x01'.repeat(LONG);
  expect(parseJson(`{"a":"${text}"}`)?.value).toEqual({ a: text });
});

test.each([
  ['colons', `a@b.org${':'.repeat(LONG)};`],
  ['escaped quotes in a comment that never ends', `(a@b.org "${'\\"'.repeat(LONG)}`],
  ['escaped brackets in a comment that never ends', `a@b.org (${'\\('.repeat(LONG)}`],
  ['brackets', `a@b.org ${'('.repeat(LONG)}`],
])('an address with half a million %s is taken apart in one pass', (_, text) => {
  expect(parseAddresses(text)).toHaveLength(1);
});

test.each([
  ['(a) x@y.org (b(c) d) "(e)"', ['x@y.org (b d) "(e)"', 'a']],
  ['"a(b"c) <d@e.org>', ['d@e.org', '"a(b"c)']],
  ['(a\\)b) d@e.org', ['d@e.org', 'a\\)b']],
  ['"x\\"(y)" (n) <d@e.org>', ['d@e.org', 'x"(y)']],
])('comments of %s', (text, [address, name]) => {
  expect(parseAddresses(text).map((one) => [one.address.replace(/\s+/g, ' '), one.name])).toEqual([[address, name]]);
});

test('a time with half a million spaces in it is no time', () => {
  expect(() => instantOf(`1${' '.repeat(LONG)}1`, 'p')).toThrow('timestamp');
});

test('numbers of half a million digits are read or refused in one pass', () => {
  const zeros = '0'.repeat(LONG);
  expect(() => exactRecord(`{"a":1${zeros}1}`)).toThrow('number');
  expect(() => exactRecord(`{"a":9007199254740993.${zeros}1}`)).toThrow('number');
  expect(exactRecord(`{"a":9007199254740993.${zeros}}`)).toEqual({ a: 9007199254740993n });
  expect(exactRecord(`{"a":0.${zeros}1e${LONG + 17}}`)).toEqual({ a: 10n ** 16n });
  expect(() => wholeOf('1'.repeat(LONG), 'p')).toThrow('number');
});

const send = (destination: unknown, tags: object = {}): object => ({
  eventType: 'Send',
  mail: { timestamp: '2026-03-02T08:15:30.120Z', messageId: 'm', destination, tags },
  send: {},
});
const addresses = (count: number): string[] => Array.from({ length: count }, (_, place) => `r${place}@example.org`);

test('a record for more recipients than anyone sends to is rejected, in a list or in one text', () => {
  const most = addresses(MOST_RECIPIENTS);
  expect(decodeValues(send(most)).events).toHaveLength(MOST_RECIPIENTS);
  for (const tooMany of [[...most, 'one@example.net'], [...most, 'one@example.net'].join(', ')]) {
    expect(decodeValues(send(tooMany)).verdicts).toMatchObject([{ is: 'quarantined', reason: 'record_too_large' }]);
  }
});

test('an address named again is one recipient, wherever in the list it stands', () => {
  const list = ['A@example.org', ...addresses(300), 'a@example.org', 'r7@EXAMPLE.org'];
  expect(decodeValues(send(list)).events.map(({ recipient }) => recipient)).toEqual([
    'A@example.org',
    ...addresses(300),
  ]);
});

test('a record whose recipients would each repeat megabytes is rejected; a large one for one recipient is not', () => {
  const tags = { note: ['x'.repeat(1_000_000)] };
  expect(decodeValues(send(addresses(100), tags)).verdicts).toMatchObject([
    { is: 'quarantined', reason: 'record_too_large' },
  ]);
  expect(decodeValues(send(addresses(50), tags)).events).toHaveLength(50);
});

test('a type of half a million characters is counted under its first hundred', () => {
  const { source, word } = classify({ event_type: `_custom.${'x'.repeat(LONG)}` });
  expect([source, word]).toEqual([null, `_custom.${'x'.repeat(92)}`]);
});

test('more text than can be gathered at once goes into a file in several goes', async () => {
  const columns = new Columns(quarantine);
  const raw = 'x'.repeat(1 << 20);
  for (let i = 0; i < 40; i++) {
    columns.append({
      ...{ attempt: 'a', source_key: 'k', source_ordinal: i, byte_offset: 0, byte_length: 1, range_ordinal: 0 },
      ...{ reason: 'json', detail: '', raw, delivered_to_lake_at: DELIVERED },
    });
  }
  const file = await encodeParquet(
    columns,
    Uint32Array.from({ length: 40 }, (_, i) => i),
    'best',
  );
  const { buffer } = new Uint8Array(file);
  const rows = await parquetReadObjects({ file: buffer, compressors, columns: ['source_ordinal', 'raw'] });
  expect(rows.map(({ source_ordinal }) => Number(source_ordinal))).toEqual(Array.from({ length: 40 }, (_, i) => i));
  expect(rows.every((row) => row.raw === raw)).toBe(true);
});

test('text that begins with a byte-order mark keeps it, also if it is nothing else', async () => {
  const columns = new Columns(quarantine);
  const texts = ['\ufeff', '\ufeffa', 'a\ufeff'];
  for (const detail of texts) {
    columns.append({
      ...{ attempt: 'a', source_key: 'k', source_ordinal: 0, byte_offset: 0, byte_length: 1, range_ordinal: 0 },
      ...{ reason: 'json', detail, raw: detail, delivered_to_lake_at: DELIVERED },
    });
  }
  const file = await encodeParquet(columns, Uint32Array.of(0, 1, 2), 'best');
  const rows = await queryWithDuckDB(file, 'select hex(encode(detail)) as detail, hex(encode(raw)) as raw from file');
  const hex = (text: string): string => Buffer.from(text).toString('hex').toUpperCase();
  expect(rows).toEqual(texts.map((text) => ({ detail: hex(text), raw: hex(text) })));
});

test('the records of an envelope that are rejected share its bytes: only the first row of quarantine has them', async () => {
  const bad = { eventType: 'Send' };
  const lines = [{ Type: 'Notification', Message: [bad, bad, bad] }, bad].map((line) => JSON.stringify(line));
  const bytes = Buffer.from(`${lines.join('\n')}\n`);
  const object = { key: 'raw/object', size: bytes.length, etag: 'e', modified: DELIVERED };
  const raw: RawStore = {
    async *list() {},
    async *prefixes() {},
    get: async () => ({ ...object, body: Readable.from([bytes]) }),
  };
  const content = await readUnit(raw, { id: 'u', objects: [object] }, 'u.v', { settings: DEFAULT_SETTINGS });
  const files = await Array.fromAsync(content.files());
  expect(files.map(({ table }) => table)).toEqual(['quarantine']);
  const rows = await parquetReadObjects({ file: new Uint8Array(files[0]?.bytes ?? []).buffer, compressors });
  const told = rows.map((row) => (row.raw === null ? null : Buffer.from(String(row.raw), 'base64').toString()));
  expect(told).toEqual([lines[0], null, null, lines[1]]);
});
