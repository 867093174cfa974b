import { deflateRawSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { DeniedObject } from '#lake/ports.ts';
import { event, line, read, readChunks, records, told } from './reading.ts';

const A = event('a');
const B = event('b');
const LINES = line('a') + line('b');

test.for<[string, Buffer]>([
  ['plain', Buffer.from(LINES)],
  ['one member', gzipSync(LINES)],
  ['several members', Buffer.concat([gzipSync(line('a')), gzipSync(''), gzipSync(line('b'))])],
  ['a record over two members', Buffer.concat([gzipSync(LINES.slice(0, 50)), gzipSync(LINES.slice(50))])],
  ['trailing zeros', Buffer.concat([gzipSync(LINES), Buffer.alloc(1000)])],
  ['zeros between members', Buffer.concat([gzipSync(line('a')), Buffer.alloc(512), gzipSync(line('b'))])],
  ['stored, not compressed', gzipSync(LINES, { level: 0 })],
])('fault 10: %s is read, whatever the name says', async ([, bytes]) => {
  expect(await read(bytes)).toMatchObject({ told: records(A, B), records: 2, bytes: LINES.length });
});

test('fault 10: every optional field of a gzip header is skipped', async () => {
  const frame = gzipSync(LINES);
  const flags = 0x02 | 0x04 | 0x08 | 0x10;
  const header = Buffer.concat([
    Buffer.from([0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3]),
    Buffer.from([3, 0, 9, 9, 9]),
    Buffer.from('events.json\0a comment\0'),
    Buffer.from([7, 7]),
  ]);
  const bytes = Buffer.concat([header, deflateRawSync(LINES), frame.subarray(-8)]);
  for (const size of [1, 7, bytes.length]) expect((await readChunks(cut(bytes, size))).told).toEqual(records(A, B));
});

test('fault 10: thousands of small members are read', async () => {
  const ids = Array.from({ length: 2000 }, (_, index) => `m${index}`);
  const bytes = Buffer.concat(ids.map((id) => gzipSync(line(id))));
  expect(await told(bytes)).toEqual(records(...ids.map(event)));
});

test('fault 11: a truncated gzip keeps every whole record before the cut and rejects the rest once', async () => {
  const bytes = gzipSync(LINES, { level: 0 });
  for (let size = 3; size < bytes.length; size++) {
    const reading = await read(bytes.subarray(0, size));
    // the last line needs no line feed
    const whole = [line('a').length, LINES.length].filter((end) => reading.bytes >= end - 1).length;
    expect(reading.told, `${size} bytes`).toEqual([...records(A, B).slice(0, whole), { reject: 'gzip_truncated' }]);
  }
});

test('fault 11: what a truncated gzip had of a record is in its place', async () => {
  const bytes = gzipSync(LINES, { level: 0 });
  const { places } = await read(bytes.subarray(0, bytes.length - 20));
  const rest = line('b').slice(0, -12);
  expect(places[1]).toMatchObject({ offset: line('a').length, length: rest.length, raw: rest.slice(0, 100) });
});

test('fault 11: compressed data lose nothing that could be read before the cut', async () => {
  const ids = Array.from({ length: 5000 }, (_, index) => `m${index}`);
  const bytes = gzipSync(ids.map(line).join(''));
  const { told, bytes: size } = await read(bytes.subarray(0, bytes.length >> 1));
  const whole = Math.floor(told.length - 1);
  expect(told).toEqual([...records(...ids.slice(0, whole).map(event)), { reject: 'gzip_truncated' }]);
  expect(size).toBeLessThan(
    ids
      .slice(0, whole + 1)
      .map(line)
      .join('').length,
  );
  expect(whole).toBeGreaterThan(1000);
});

describe('fault 12:', () => {
  test.for<[string, Buffer]>([
    ['text', Buffer.from('garbage')],
    ['one byte', Buffer.from([0x1f])],
    ['zeros, then text', Buffer.concat([Buffer.alloc(20), Buffer.from('garbage')])],
    ['the beginning of another compression', Buffer.from([0x1f, 0x8b, 7, 0, 0])],
  ])('fault 12: garbage behind the gzip data is one rejection, the records stay: %s', async ([, garbage]) => {
    const bytes = Buffer.concat([gzipSync(line('a')), gzipSync(line('b')), garbage]);
    for (const size of [1, 100, bytes.length]) {
      const { told, places } = await readChunks(cut(bytes, size));
      expect(told).toEqual([...records(A, B), { reject: 'gzip_trailing' }]);
      expect(places[2]).toMatchObject({ ordinal: 2, offset: LINES.length, length: 0 });
      expect(garbage.toString('latin1')).toContain(places[2]?.raw);
    }
  });

  test.for([
    ['checksum', 8],
    ['length', 4],
  ] as const)('fault 12: a wrong %s rejects the object', async ([, fromEnd]) => {
    const bytes = gzipSync(LINES);
    bytes.writeUInt32LE(bytes.readUInt32LE(bytes.length - fromEnd) ^ 1, bytes.length - fromEnd);
    await expect(read(bytes)).rejects.toMatchObject({ name: 'ObjectRejection', reason: 'gzip_crc' });
  });

  test('fault 12: damage in the compressed data rejects the object', async () => {
    const bytes = gzipSync(LINES);
    bytes.fill(0xff, 30, 60);
    await expect(read(bytes)).rejects.toMatchObject({ name: 'ObjectRejection', reason: 'gzip_crc' });
  });

  test('fault 12: damage in a later member rejects the object as well', async () => {
    const second = gzipSync(line('b'));
    second.fill(0xff, 30, 60);
    const bytes = Buffer.concat([gzipSync(line('a')), second]);
    await expect(read(bytes)).rejects.toMatchObject({ name: 'ObjectRejection', reason: 'gzip_crc' });
  });
});

test('fault 13: of a gzip bomb no more is decompressed than the limit and a little', async () => {
  const member = gzipSync(Buffer.alloc(4 * 1024 * 1024, '{"a":1}\n'));
  const bomb = Buffer.concat(Array.from({ length: 200 }, () => member));
  let taken = 0;
  let closed = false;
  async function* body(): AsyncGenerator<Uint8Array> {
    try {
      for (const chunk of cut(bomb, 1024)) {
        taken += chunk.length;
        yield chunk;
      }
    } finally {
      closed = true;
    }
  }
  const reading = readChunks(body(), { objectBytes: 2 * 1024 * 1024 });
  await expect(reading).rejects.toMatchObject({ name: 'ObjectRejection', reason: 'too_large' });
  expect(taken).toBeLessThan(bomb.length / 3);
  expect(closed).toBe(true);
});

test('fault 13: plain objects have the same limit, and what is just as large is read', async () => {
  await expect(read(LINES, { objectBytes: LINES.length - 1 })).rejects.toMatchObject({ reason: 'too_large' });
  expect(await told(gzipSync(LINES), { objectBytes: LINES.length })).toEqual(records(A, B));
});

test.for(['plain', 'gzip'])('an error of the environment passes through unchanged (%s)', async (kind) => {
  const denied = new DeniedObject('raw/x.gz', 'no key');
  const bytes = kind === 'gzip' ? gzipSync(LINES) : Buffer.from(LINES);
  for (const size of [1, 2, 5, 12, 100]) {
    async function* body(): AsyncGenerator<Uint8Array> {
      yield bytes.subarray(0, size);
      throw denied;
    }
    await expect(readChunks(body())).rejects.toBe(denied);
  }
});

test('an error that looks like damaged gzip, but comes from the body, is no rejection', async () => {
  const failure = Object.assign(new Error('incorrect header check'), { code: 'Z_DATA_ERROR' });
  async function* body(): AsyncGenerator<Uint8Array> {
    yield gzipSync(LINES).subarray(0, 40);
    throw failure;
  }
  await expect(readChunks(body())).rejects.toBe(failure);
});

function* cut(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
