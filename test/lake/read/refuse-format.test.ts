import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { event, line, read, readChunks, records, told } from './reading.ts';

const wide = (text: string, bytes: number, littleEndian: boolean): Buffer => {
  const out = Buffer.alloc(text.length * bytes);
  for (let i = 0; i < text.length; i++) out[i * bytes + (littleEndian ? 0 : bytes - 1)] = text.charCodeAt(i);
  return out;
};

test.for<[string, Buffer]>([
  ['UTF-16LE with mark', Buffer.from(`\ufeff${line('a')}`, 'utf16le')],
  ['UTF-16BE with mark', Buffer.concat([Buffer.from([0xfe, 0xff]), wide(line('a'), 2, false)])],
  ['UTF-16LE without mark', wide(line('a'), 2, true)],
  ['UTF-16BE without mark', wide(line('a'), 2, false)],
  ['UTF-32LE with mark', Buffer.concat([Buffer.from([0xff, 0xfe, 0, 0]), wide(line('a'), 4, true)])],
  ['UTF-32BE without mark', wide(line('a'), 4, false)],
])('fault 07: %s is an object in the wrong encoding', async ([, bytes]) => {
  await expect(read(bytes)).rejects.toMatchObject({ name: 'ObjectRejection', reason: 'encoding' });
  await expect(read(gzipSync(bytes))).rejects.toMatchObject({ name: 'ObjectRejection', reason: 'encoding' });
});

const BINARY = Buffer.from(Array.from({ length: 3000 }, (_, index) => (index * 7919) % 256));

test.for<[string, Buffer]>([
  ['.DS_Store', Buffer.concat([Buffer.from([0, 0, 0, 1]), Buffer.from('Bud1'), BINARY])],
  ['CSV', Buffer.from('time,address,"event"\n2026-01-01,a@example.org,"{""type"":""open""}"\n'.repeat(50))],
  ['CSV of numbers', Buffer.from('1\n2\n3\n')],
  ['Parquet', Buffer.concat([Buffer.from('PAR1'), BINARY, Buffer.from('PAR1')])],
  ['PNG', Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47]), BINARY])],
  ['ZIP', Buffer.concat([Buffer.from([0x50, 0x4b, 3, 4]), BINARY])],
  ['bytes of no known kind', BINARY],
  ['HTML', Buffer.from('<!doctype html>\n<p>{"a"} is no event</p>\n')],
  ['prose', Buffer.from('Nothing to see here.\n{ this } is not JSON, [ nor ] is this.\n')],
  ['an array of numbers', Buffer.from('[1,2,3]')],
])('fault 15: %s is no event stream', async ([, bytes]) => {
  await expect(read(bytes)).rejects.toMatchObject({ name: 'ObjectRejection', reason: 'not_event_stream' });
});

test('fault 15: of an image no more is read than shows that it is one', async () => {
  let taken = 0;
  async function* body(): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < 1000; i++) {
      taken++;
      yield Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.alloc(65_536)]);
    }
  }
  await expect(readChunks(body())).rejects.toMatchObject({ reason: 'not_event_stream' });
  expect(taken).toBeLessThan(5);
});

test('fault 15: text before and behind records is counted once, and they are kept', async () => {
  expect(await told(`RIFF, he said\n${line('a')}and so on\n${line('b')}`)).toEqual([
    ...records(event('a'), event('b')),
    { skip: 'between_records' },
  ]);
});

test('an object of nothing but what is known to be no event is no foreign one', async () => {
  const validation = 'Successfully validated SNS topic for Amazon SES event publishing.';
  expect(await told(validation)).toEqual([{ skip: 'ses_topic_validation' }]);
  expect(await told(`${validation}${validation}\n`)).toEqual(Array(2).fill({ skip: 'ses_topic_validation' }));
  expect(await told(`${validation}${line('a')}`)).toEqual([{ skip: 'ses_topic_validation' }, ...records(event('a'))]);
  expect(await told('{"a":')).toEqual([{ reject: 'json' }]);
});
