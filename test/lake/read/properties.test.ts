import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RecordPlace } from '#lake/read/record.ts';
import { Splitter } from '#lake/read/splitter.ts';
import { ObjectRejection } from '#lake/vocabulary.ts';
import { event, LIMITS, notes, type Reading, readChunks, records } from './reading.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('}{', '"', '\\', '{"event_type":"x"}', '\ufeff', '\n', 'é'),
);
/** Without backslashes: after a key `\\`, V8 13.6's JSON.parse sometimes takes a key `"` for it as well. */
const key = text.filter((one) => !one.includes('\\') && one !== '__proto__');
const leaf = fc.oneof(
  text,
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
);
const { node: value } = fc.letrec((tie) => ({
  node: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.array(tie('node'), { maxLength: 4 }),
    fc.dictionary(key, tie('node'), { maxKeys: 4 }),
  ),
}));
const record = fc.oneof(fc.dictionary(key, value, { maxKeys: 5 }), fc.constant(event('a')));

const JOINS: readonly ((values: readonly unknown[]) => string)[] = [
  (values) => values.map((one) => `${JSON.stringify(one)}\n`).join(''),
  (values) => values.map((one) => JSON.stringify(one)).join('\r\n'),
  (values) => values.map((one) => JSON.stringify(one)).join(''),
  (values) => values.map((one) => JSON.stringify(one, null, 2)).join('\n'),
  (values) => values.map((one) => JSON.stringify(one, null, '\t')).join(''),
  (values) => JSON.stringify(values),
  (values) => JSON.stringify(values, null, 2),
  (values) =>
    values.map((one, index) => JSON.stringify(one) + (['\n', '', ' ', '\ufeff', '\n\n'][index % 5] ?? '')).join(''),
];

/** Cuts bytes into pieces whose sizes come from the list, again and again. */
function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = sizes[pieces.length % sizes.length] ?? 1;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 6 });

/** As readObject, but without joining small chunks first. */
function split(
  pieces: readonly Buffer[],
  recordBytes: number,
  depth: number,
): Pick<Reading, 'told' | 'texts' | 'places'> & { end: ReturnType<Splitter['end']> } {
  const place = new RecordPlace();
  const { told, texts, places, ...visitor } = notes();
  const splitter = new Splitter({ recordBytes, depth }, visitor, place);
  for (const piece of pieces) splitter.push(piece);
  return { told, texts, places, end: splitter.end('json') };
}

test('any chunking and joining of the same records gives the same values', () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 8 }), fc.constantFrom(...JOINS), sizes, (values, join, pieces) => {
      const bytes = Buffer.from(join(values));
      const { told, texts, places } = split(cut(bytes, pieces), LIMITS.recordBytes, LIMITS.depth);
      const plain = JSON.parse(JSON.stringify(values));
      expect(told).toEqual(records(...plain));
      expect(texts.map((one) => JSON.parse(one))).toEqual(plain);
      for (const [index, { offset, length }] of places.entries()) {
        expect(JSON.parse(bytes.toString('utf8', offset, offset + length))).toEqual(plain[index]);
      }
    }),
    { numRuns: 500 },
  );
});

test('compression, of one member or several, changes nothing', async () => {
  const property = fc.asyncProperty(
    fc.array(
      record.filter((one) => !('Message' in one)),
      { maxLength: 6 },
    ),
    fc.constantFrom(...JOINS),
    fc.constantFrom('plain', 'gzip', 'members'),
    sizes,
    async (values, join, how, pieces) => {
      const bytes = Buffer.from(join(values));
      const packed = {
        plain: () => bytes,
        gzip: () => gzipSync(bytes),
        members: () =>
          Buffer.concat(
            cut(
              bytes,
              pieces.map((size) => size * 20),
            ).map((part) => gzipSync(part)),
          ),
      }[how]();
      const { told, bytes: size } = await readChunks(cut(packed, pieces));
      expect(told).toEqual(records(...JSON.parse(JSON.stringify(values))));
      if (values.length > 0) expect(size).toBe(bytes.length);
    },
  );
  await fc.assert(property, { numRuns: 100 });
});

/** Bytes between which everything is decided. */
const spice = fc.constantFrom(
  '{',
  '}',
  '[',
  ']',
  '"',
  '\\',
  ',',
  ':',
  '\n',
  '\r\n',
  '{"event_type":"',
  '{"Type":',
  '1',
  'nul',
  '\u00e9',
  '\0',
);
const mutation = fc.record({
  at: fc.nat(),
  remove: fc.nat({ max: 40 }),
  insert: fc.oneof(spice, fc.string({ maxLength: 5 })),
});

function mutate(bytes: Buffer, mutations: readonly { at: number; remove: number; insert: string }[]): Buffer {
  return mutations.reduce((now, { at, remove, insert }) => {
    const from = now.length === 0 ? 0 : at % now.length;
    return Buffer.concat([now.subarray(0, from), Buffer.from(insert), now.subarray(from + remove)]);
  }, bytes);
}

function expectOrder({ places }: Pick<Reading, 'places'>, length: number): void {
  let end = 0;
  for (const place of places) {
    expect(place.offset).toBeGreaterThanOrEqual(end);
    end = place.offset + place.length;
  }
  expect(end).toBeLessThanOrEqual(length);
}

test('damaged records leave ranges that are disjoint and in order, whatever the pieces', () => {
  const limits = fc.record({ recordBytes: fc.constantFrom(100, 1000, 1e6), depth: fc.constantFrom(3, 20) });
  const damage = fc.array(mutation, { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(
      fc.array(record, { maxLength: 8 }),
      fc.constantFrom(...JOINS),
      damage,
      sizes,
      limits,
      (values, join, how, pieces, limit) => {
        const bytes = mutate(Buffer.from(join(values)), how);
        const found = split(cut(bytes, pieces), limit.recordBytes, limit.depth);
        expectOrder(found, bytes.length);
        expect(found).toEqual(split([bytes], limit.recordBytes, limit.depth));
        // what is between the ranges is white space, belongs to a top-level array, or is text without keys or ends of objects
        let end = 0;
        for (const { offset, length } of [...found.places, { offset: bytes.length, length: 0 }]) {
          expect(bytes.toString('latin1', end, offset)).not.toMatch(/\}|"\s*:/);
          end = offset + length;
        }
      },
    ),
    { numRuns: 500, endOnFailure: true },
  );
});

test('a broken event behind text is an event, also if its marks come in a later piece', () => {
  const bytes = Buffer.from(
    `: x,\n  "{"event_type":"event_timestamp": 1,\n${JSON.stringify(event('a'), null, 2).slice(2)}`,
  );
  const whole = split([bytes], 100, 3);
  expect(whole.end.events).toBe(true);
  expect(split(cut(bytes, [1]), 100, 3)).toEqual(whole);
});

test('lines that are whole are found, whatever stands between them', () => {
  const junk = fc.array(spice, { minLength: 1, maxLength: 12 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.array(junk, { minLength: 1, maxLength: 6 }), sizes, (lines, pieces) => {
      const last = JSON.stringify(event('last'));
      const bytes = Buffer.from(`${lines.join('\n')}\n${last}\n`);
      const { told } = split(cut(bytes, pieces), LIMITS.recordBytes, LIMITS.depth);
      const found = JSON.stringify(told);
      // a record that takes junk lines for white space or for the inside of an array may hold it
      expect(found).toContain('"message_id":"last"');
    }),
    { numRuns: 500 },
  );
});

test('no bytes make the reader throw anything but a rejection of the object', async () => {
  const stream = fc
    .tuple(fc.array(record, { maxLength: 5 }), fc.constantFrom(...JOINS))
    .map(([values, join]) => Buffer.from(join(values)));
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 400 }).map((array) => Buffer.from(array)),
    stream,
    stream.map((plain) => gzipSync(plain)),
  );
  const property = fc.asyncProperty(bytes, fc.array(mutation, { maxLength: 4 }), sizes, async (start, how, pieces) => {
    const input = mutate(start, how);
    try {
      const reading = await readChunks(cut(input, pieces), { recordBytes: 500, depth: 10, objectBytes: 100_000 });
      expect(reading.records).toBe(reading.told.length);
      expect(reading.places.map((place) => place.ordinal)).toEqual(reading.told.map((_, index) => index));
    } catch (error) {
      expect(error).toBeInstanceOf(ObjectRejection);
    }
  });
  await fc.assert(property, { numRuns: 400 });
});
