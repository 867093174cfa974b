import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ByteRange, readRanges } from '#lake/read/range.ts';
import type { Limits } from '#lake/settings.ts';
import { LIMITS, notes, read } from './reading.ts';

async function readAgain(bytes: Uint8Array, ranges: ByteRange[], limits: Partial<Limits> = {}, chunk = 1 << 20) {
  const told = notes();
  const body = async function* () {
    for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
  };
  await readRanges(body(), { ...LIMITS, ...limits }, ranges, told);
  return told;
}

const RECORD = (n: number): string => JSON.stringify({ eventType: 'Send', mail: {}, n, text: 'ä}{"'.repeat(n) });
const OBJECT = [RECORD(0), RECORD(40), '{no JSON', RECORD(3), RECORD(80)].join('\n');

/** Ranges of what a strict reading rejects. */
async function rejected(content: string, limits: Partial<Limits>): Promise<ByteRange[]> {
  const { told, places } = await read(content, limits);
  return places.flatMap(({ offset, length, ordinal }, i) =>
    'reject' in (told[i] ?? {}) ? [{ offset, length, ordinal }] : [],
  );
}

describe('ranges of an object', () => {
  test('what a strict limit rejected is read at its place, and its neighbours are not', async () => {
    const whole = await read(OBJECT);
    for (const bytes of [Buffer.from(OBJECT), gzipSync(OBJECT)]) {
      const again = await readAgain(bytes, await rejected(OBJECT, { recordBytes: 100 }));
      expect(again.told).toEqual([whole.told[1], { reject: 'json' }, whole.told[4]]);
      expect(again.places).toEqual([whole.places[1], whole.places[2], whole.places[4]]);
      expect(again.texts).toEqual([whole.texts[1], whole.texts[3]]);
    }
  });

  test('any chunking gives the same', async () => {
    const ranges = await rejected(OBJECT, { recordBytes: 100 });
    const expected = await readAgain(Buffer.from(OBJECT), ranges);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 500 }), fc.boolean(), async (chunk, zipped) => {
        const bytes = zipped ? gzipSync(OBJECT) : Buffer.from(OBJECT);
        const again = await readAgain(bytes, ranges, {}, chunk);
        expect([again.told, again.places]).toEqual([expected.told, expected.places]);
      }),
      { numRuns: 50 },
    );
  });

  test('an envelope is opened as a whole, and its records keep their numbers', async () => {
    const envelope = JSON.stringify({
      Records: [1, 2, 3].map((n) => ({ EventSource: 'aws:sns', Sns: { Message: RECORD(n) } })),
    });
    const content = `${RECORD(0)}\n${envelope}\n${RECORD(9)}`;
    const { places } = await read(content);
    const range = { offset: places[1]?.offset ?? 0, length: places[1]?.length ?? 0, ordinal: 1 };
    expect(places.map(({ ordinal }) => ordinal)).toEqual([0, 1, 2, 3, 4]);
    const again = await readAgain(Buffer.from(content), [range]);
    expect(again.places).toEqual(places.slice(1, 4));
  });

  test('a range that holds more records than before gives no number twice', async () => {
    const [first, last] = ['{"n":1}\n{"n":2}\n', '{"n":3}'];
    const again = await readAgain(Buffer.from(first + last), [
      { offset: 0, length: first.length, ordinal: 7 },
      { offset: first.length, length: last.length, ordinal: 8 },
    ]);
    expect(again.places.map(({ ordinal }) => ordinal)).toEqual([7, 8, 9]);
  });

  test('where truncated gzip ends, the cut is why a record is rejected again; elsewhere it is not', async () => {
    const content = `${RECORD(1)}\n{o JSON\n${RECORD(2)}\n{"eventType":"Send","cut`;
    const bytes = gzipSync(content).subarray(0, -8);
    const [broken, cut] = [content.indexOf('{o'), content.lastIndexOf('{')].map((at) =>
      Buffer.byteLength(content.slice(0, at)),
    );
    const again = await readAgain(bytes, [
      { offset: broken ?? 0, length: 7, ordinal: 1 },
      { offset: cut ?? 0, length: Buffer.byteLength(content) - (cut ?? 0), ordinal: 3 },
    ]);
    expect(again.told).toEqual([{ reject: 'json' }, { reject: 'gzip_truncated' }]);
  });

  test('a range that an earlier version rejected and that is only text is counted as what stands between records', async () => {
    const again = await readAgain(Buffer.from(`${RECORD(1)}\nno JSON\n`), [
      { offset: Buffer.byteLength(RECORD(1)) + 1, length: 7, ordinal: 1 },
    ]);
    expect(again.told).toEqual([{ skip: 'between_records' }]);
  });

  test('a range behind the end of the object is rejected again, and never taken for read', async () => {
    const again = await readAgain(Buffer.from(OBJECT), [{ offset: 10_000, length: 5, ordinal: 9 }]);
    expect(again.told).toEqual([{ reject: 'json' }]);
    expect(again.places).toMatchObject([{ ordinal: 9, offset: 10_000, length: 5 }]);
  });

  test('the body is left where the last range ends', async () => {
    let taken = 0;
    let left = false;
    async function* body() {
      try {
        for (;;) {
          taken++;
          yield Buffer.from(`${RECORD(1)}\n`);
        }
      } finally {
        left = true;
      }
    }
    await readRanges(body(), LIMITS, [{ offset: 0, length: 20, ordinal: 0 }], notes());
    expect(left).toBe(true);
    expect(taken).toBeLessThan(4);
  });
});
