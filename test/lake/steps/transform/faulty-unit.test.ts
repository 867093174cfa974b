/**
 * Faults of bytes and values (test/README.md) in one unit over a real lake: what readers see afterwards. A faulty record is
 * in the quarantine table with its reason, key, ordinal, byte range and raw bytes, its neighbours are kept, and all counts.
 */
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Outcome } from '#lake/protocol/records.ts';
import { DEFAULT_SETTINGS } from '#lake/settings.ts';
import { audit } from '#lake/steps/audit.ts';
import { ndjson, sesSend } from '#test/records.ts';
import { type SmallLake, smallLake } from '#test/small-lake.ts';

const MB = 1024 * 1024;
const send = (messageId: string, more: object = {}): object => ({ ...sesSend({ messageId }), ...more });
const line = (messageId: string): string => ndjson(send(messageId));
const text = (messageId: string): string => JSON.stringify(send(messageId));
const bytes = (...parts: (string | Uint8Array)[]): Buffer => Buffer.concat(parts.map((part) => Buffer.from(part)));
const damaged = (id: string): Buffer => {
  const gzip = gzipSync(line(id));
  gzip.writeUInt32LE(1, gzip.length - 8);
  return gzip;
};
const truncated = (id: string): Buffer => gzipSync(line(`${id}a`) + line(`${id}b`), { level: 0 }).subarray(0, -40);
const firehoseError = (rawData: string): string =>
  JSON.stringify({ attemptsMade: 1, arrivalTimestamp: 1, errorCode: 'Lambda.Failed', rawData });
const withMail = (parts: object): object => {
  const sound = sesSend();
  return { ...sound, mail: { ...('mail' in sound && typeof sound.mail === 'object' ? sound.mail : {}), ...parts } };
};
const without = (field: string): object => withMail({ [field]: undefined });
const sns = (message: string): string =>
  JSON.stringify({ Type: 'Notification', MessageId: 'x', TopicArn: 'arn:aws:sns:eu-west-1:1:t', Message: message });

/** `path`: what the detail has to name */
type Rejected = readonly [ordinal: number, reason: string, path?: string];
interface Fault {
  row: string;
  is: string;
  object: string | Buffer;
  /** message ids of the events, in order; no two objects have the same, which would be repeats */
  kept?: string[];
  rejected?: Rejected[];
  skipped?: number;
  duplicates?: number;
}

const FAULTS: Fault[] = [
  { row: '01', is: 'an empty object', object: '' },
  { row: '01', is: 'white space only', object: ' \r\n\t\n' },
  {
    row: '02',
    is: 'CRLF, blank lines, no newline at the end',
    object: `${text('02-3a')}\r\n\r\n\n${text('02-3b')}`,
    kept: ['02-3a', '02-3b'],
  },
  {
    row: '03',
    is: 'no delimiter, pretty-printed and NDJSON in one',
    object: `${text('03-4a')}${JSON.stringify(send('03-4b{"}'), null, 2)}${line('03-4c')}`,
    kept: ['03-4a', '03-4b{"}', '03-4c'],
  },
  {
    row: '04',
    is: 'a top-level array',
    object: JSON.stringify([send('04-5a'), send('04-5b')]),
    kept: ['04-5a', '04-5b'],
  },
  {
    row: '05',
    is: 'byte-order marks',
    object: `\ufeff${line('05-6a')}\ufeff${line('05-6b')}`,
    kept: ['05-6a', '05-6b'],
  },
  {
    row: '06',
    is: 'invalid UTF-8 in one record',
    object: bytes(line('06-7a'), `{"eventType":"Send","x":"`, Uint8Array.of(0xc3, 0x28), `"}\n`, line('06-7b')),
    kept: ['06-7a', '06-7b'],
    rejected: [[1, 'invalid_utf8']],
  },
  { row: '07', is: 'UTF-16', object: Buffer.from(`\ufeff${line('07-8a')}`, 'utf16le'), rejected: [[0, 'encoding']] },
  {
    row: '08',
    is: 'NUL, U+2028, emoji, astral and combining characters',
    object: line('08-9\0\u2028😀𝒳e\u0301'),
    kept: ['08-9\0\u2028😀𝒳e\u0301'],
  },
  {
    row: '09',
    is: 'a record of 64 MB',
    object: gzipSync(
      bytes(line('09-10a'), `{"eventType":"Send","x":"`, Buffer.alloc(64 * MB, 'x'), `"}\n`, line('09-10b')),
    ),
    kept: ['09-10a', '09-10b'],
    rejected: [[1, 'record_too_large']],
  },
  {
    row: '10',
    is: 'several gzip members, trailing zeros, under the name of a plain object',
    object: bytes(gzipSync(line('10-11a')), gzipSync(line('10-11b')), Buffer.alloc(512)),
    kept: ['10-11a', '10-11b'],
  },
  { row: '11', is: 'truncated gzip', object: truncated('11-12'), kept: ['11-12a'], rejected: [[1, 'gzip_truncated']] },
  {
    row: '12',
    is: 'gzip with trailing garbage',
    object: bytes(gzipSync(line('12-13a')), 'garbage'),
    kept: ['12-13a'],
    rejected: [[1, 'gzip_trailing']],
  },
  { row: '12', is: 'gzip with a bad CRC', object: damaged('12-14'), rejected: [[0, 'gzip_crc']] },
  {
    row: '13',
    is: 'a gzip bomb',
    object: bytes(...Array.from({ length: 5 }, () => gzipSync(bytes(line('13-15a'), Buffer.alloc(32 * MB, '\n'))))),
    rejected: [[0, 'too_large']],
  },
  {
    row: '14',
    is: 'a record cut in the middle',
    object: `${line('14-16a')}${text('14-16b').slice(0, 200)}\n${line('14-16c')}`,
    kept: ['14-16a', '14-16c'],
    rejected: [[1, 'json']],
  },
  { row: '15', is: 'a CSV file', object: 'a,b\n1,2\n', rejected: [[0, 'not_event_stream']] },
  {
    row: '16',
    is: 'a Firehose error object',
    object: `${firehoseError(Buffer.from(line('16-18a') + line('16-18b')).toString('base64'))}\n`,
    kept: ['16-18a', '16-18b'],
  },
  { row: '16', is: 'a Firehose error without data', object: firehoseError('%'), rejected: [[0, 'firehose_error']] },
  { row: '17', is: 'an envelope in an envelope', object: sns(sns(text('17-20a'))), kept: ['17-20a'] },
  {
    row: '17',
    is: 'SNS’s word that a topic is there',
    object: sns('Successfully validated SNS topic for Amazon SES event publishing.'),
    skipped: 1,
  },
  {
    row: '20',
    is: 'a number that no double holds',
    object: line('20-22a') + line('20-22b').replace('{', '{"y":1e400,'),
    kept: ['20-22a'],
    rejected: [[1, 'number']],
  },
  {
    row: '22',
    is: 'nesting 100,000 deep',
    object: `${line('22-23a')}{"eventType":"Send","x":${'['.repeat(100_000)}${']'.repeat(100_000)}}\n${line('22-23b')}`,
    kept: ['22-23a', '22-23b'],
    rejected: [[1, 'too_deep']],
  },
  {
    row: '23',
    is: 'types that are no e-mail events',
    object: ndjson({ event_type: '_session.start' }, { event_type: '_session.start' }, { eventType: 'Teleport' }),
    skipped: 3,
  },
  {
    row: '24',
    is: 'a send without a message id',
    object: `${line('24-a')}${ndjson(without('messageId'))}`,
    kept: ['24-a'],
    rejected: [[1, 'missing_field', 'mail.messageId']],
  },
  {
    row: '25',
    is: 'a message id that is an object',
    object: ndjson(withMail({ messageId: { a: 1 } })) + line('25-b'),
    kept: ['25-b'],
    rejected: [[0, 'wrong_type', 'mail.messageId']],
  },
  {
    row: '31',
    is: 'a time that nobody can read',
    object: ndjson(withMail({ messageId: '31-a', timestamp: 'yesterday' })) + line('31-b'),
    kept: ['31-b'],
    rejected: [[0, 'timestamp', 'mail.timestamp']],
  },
  { row: '35', is: 'the same record twice', object: line('35-24a') + line('35-24a'), kept: ['35-24a'], duplicates: 1 },
];

const keyOf = ({ row, is }: Fault): string => `${row} ${is}`;

/** So that the bomb needn't be large. */
const LIMITS = { ...DEFAULT_SETTINGS.limits, objectBytes: 128 * MB };
const RAW_KEPT = 64 * 1024;

describe('a unit with faults of all kinds', () => {
  let small: SmallLake;
  let outcome: Outcome | undefined;

  beforeAll(async () => {
    small = await smallLake({ ...DEFAULT_SETTINGS, limits: LIMITS });
    for (const fault of FAULTS) small.put(keyOf(fault), fault.object);
    [outcome] = await small.run();
  }, 60_000);
  afterAll(() => small.close());

  test.for(FAULTS.map((fault) => [fault.row, fault.is, fault] as const))(
    'fault %s: %s is what readers see of it: sound events, and the rest in quarantine',
    async ([, , fault]) => {
      const { kept = [], rejected = [], object } = fault;
      const of = `where source_key = '${keyOf(fault)}' order by source_ordinal`;
      expect((await small.rows(`select message_id from events ${of}`)).map(({ message_id }) => message_id)).toEqual(
        kept,
      );
      const quarantined = await small.rows(
        `select source_ordinal, reason, detail, byte_offset, byte_length, raw from quarantine ${of}`,
      );
      expect(quarantined.map(({ source_ordinal, reason }) => [Number(source_ordinal), reason])).toEqual(
        rejected.map(([ordinal, reason]) => [ordinal, reason]),
      );
      for (const [i, [, , path = '']] of rejected.entries()) expect(quarantined[i]?.detail).toContain(path);

      const isGzip = typeof object !== 'string' && object[0] === 0x1f;
      for (const { byte_offset, byte_length, raw } of quarantined) {
        if (byte_offset === null || isGzip) continue;
        const from = Number(byte_offset);
        const range = Buffer.from(object).subarray(from, from + Math.min(Number(byte_length), RAW_KEPT));
        expect(Buffer.from(String(raw), 'base64').equals(range)).toBe(true);
      }
    },
  );

  test('is one outcome that accounts for each record, and an audit finds nothing', async () => {
    const sum = (count: (fault: Fault) => number): number => FAULTS.reduce((total, fault) => total + count(fault), 0);
    const counts = {
      accepted: sum(({ kept = [] }) => kept.length),
      quarantined: sum(({ rejected = [] }) => rejected.length),
      skipped: sum(({ skipped = 0 }) => skipped),
      duplicate: sum(({ duplicates = 0 }) => duplicates),
    };
    const records = counts.accepted + counts.quarantined + counts.skipped + counts.duplicate;
    expect(outcome).toMatchObject({ status: 'done', objects: FAULTS.length, records, ...counts });
    expect((await audit(small.lake.ports)).drifts).toEqual([]);
    expect(
      await small.rows('select records, records_accounted, is_accounted, skipped_by_type from data_quality_daily'),
    ).toEqual([
      {
        records,
        records_accounted: records,
        is_accounted: true,
        skipped_by_type: '_session.start 2, Teleport 1, ses_topic_validation 1',
      },
    ]);
  });
});
