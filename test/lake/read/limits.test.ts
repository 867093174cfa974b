import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { JsonScanner } from '#lake/read/scanner.ts';
import { event, line, read, readChunks, records, told } from './reading.ts';

const MB = 1024 * 1024;
const LARGE = { reject: 'record_too_large' };

test.for([
  ['on a line', (large: string) => `${line('a')}${large}\n${line('b')}`],
  ['joined', (large: string) => `${JSON.stringify(event('a'))}${large}${line('b')}`],
  ['in an array', (large: string) => `[${line('a')},${large},${line('b')}]`],
] as const)('fault 09: a record over the limit is rejected, its neighbours are kept (%s)', async ([, join]) => {
  const large = JSON.stringify({ a: 'x'.repeat(3000), b: [{ event_type: 'y' }, '}{'] });
  const input = Buffer.from(join(large));
  for (const size of [100, 1000, input.length]) {
    const { told, places } = await readChunks(pieces(input, size), { recordBytes: 1000 });
    expect(told).toEqual([{ record: event('a') }, LARGE, { record: event('b') }]);
    expect(places[1]).toMatchObject({ offset: input.indexOf(large), length: large.length, raw: large.slice(0, 100) });
  }
});

test('fault 09: a record as large as the limit is read', async () => {
  const value = { a: 'x'.repeat(992) };
  const text = JSON.stringify(value);
  expect(await told(`${text}\n`, { recordBytes: text.length })).toEqual(records(value));
  expect(await told(`${text}\n`, { recordBytes: text.length - 1 })).toEqual([LARGE]);
});

test('fault 09: a large record that is cut off ends where the next begins', async () => {
  const large = `{"a":"${'x'.repeat(400_000)}`;
  const { told, places } = await read(`${line('a')}${large}${line('b')}`, { recordBytes: 1000 });
  expect(told).toEqual([{ record: event('a') }, LARGE, { record: event('b') }]);
  expect(places[1]).toMatchObject({ offset: line('a').length, length: large.length });
});

test('fault 09: a record of 64 MB goes by without being kept', async () => {
  collectGarbage();
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  const piece = Buffer.alloc(MB, 'abcdefgh');
  async function* body(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(`${line('a')}{"event_type":"`);
    for (let i = 0; i < 64; i++) {
      // a fresh chunk each time, as a store would give; what is retained of them shows
      yield Buffer.from(piece);
      if (i % 8 !== 7) continue;
      collectGarbage();
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    yield Buffer.from(`"}\n${line('b')}`);
  }
  const { told, places, bytes } = await readChunks(body());
  expect(told).toEqual([{ record: event('a') }, LARGE, { record: event('b') }]);
  expect(places[1]?.length).toBe(64 * MB + '{"event_type":""}'.length);
  expect(bytes).toBeGreaterThan(64 * MB);
  expect(most).toBeLessThan(40 * MB);
});

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc()');
}

const DEEP = 100_000;

test.for([
  ['arrays that end', '['.repeat(DEEP) + ']'.repeat(DEEP), 1],
  ['arrays that never end', '['.repeat(DEEP), 1],
  ['objects that end', '{"a":'.repeat(DEEP) + 1 + '}'.repeat(DEEP), 1],
  ['objects that never end', '{"a":'.repeat(DEEP), 1],
  ['an unknown field of an event', `{"event_type":"x","new":${'['.repeat(DEEP)}${']'.repeat(DEEP)},"b":1}`, 1],
  ['both kinds', `{"a":${'[{"b":'.repeat(DEEP)}"]"${'}]'.repeat(DEEP)}}`, 1],
  ['a message', JSON.stringify({ Type: 'Notification', Message: `${'['.repeat(DEEP)}${']'.repeat(DEEP)}` }), 1],
] as const)('fault 22: nesting 100,000 deep is rejected without a stack overflow: %s', async ([, deep]) => {
  const found = await told(`${line('a')}${deep}\n${line('b')}`);
  expect(found).toEqual([{ record: event('a') }, { reject: 'too_deep' }, { record: event('b') }]);
});

test('fault 22: the limit is exact, whichever way a record is found', async () => {
  const nested = (depth: number): string =>
    '{"a":'.repeat(depth - 1) + JSON.stringify({ b: 1 }) + '}'.repeat(depth - 1);
  for (const [before, by] of [
    ['', '\n'],
    ['', ''],
    ['', ' '],
    ['[', ','],
  ] as const) {
    const input = before + [nested(200), nested(201), nested(200)].join(by) + (before && ']');
    const found = await told(input);
    expect(found.map((one) => Object.keys(one)[0])).toEqual(['record', 'reject', 'record']);
  }
});

test('fault 22: brackets in strings and beside each other are no nesting', async () => {
  const wide = { a: '[{'.repeat(5000), b: Array.from({ length: 1000 }, (_, index) => ({ c: [index] })) };
  expect(await told(`${JSON.stringify(wide)}\n`)).toEqual(records(wide));
});

test('the scanner comes to the same end whatever the pieces are', () => {
  const text = Buffer.from('{"a\\"":[1,-2.5e3,true,null,{},[],{"b":["\\\\",""]}]} tail');
  for (let first = 0; first < text.length; first++) {
    const scanner = new JsonScanner(3);
    scanner.feed(text.subarray(0, first), 0);
    scanner.feed(text, scanner.length);
    expect([scanner.status, scanner.length, scanner.maxDepth]).toEqual(['whole', text.length - 5, 4]);
  }
});

function* pieces(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
