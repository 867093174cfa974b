/** Generates faults 10 to 17 of test/README.md: compression, foreign objects and envelopes. */
import { constants, deflateRawSync } from 'node:zlib';
import { busEvent, failedRecord, notification, queueMessage } from '../records/envelopes.ts';
import { compressed } from '../records/raw-folder.ts';
import { type Bench, lines } from './bench.ts';

/** Faults 10 to 17: compression, damage, foreign objects, envelopes. */
export const CONTAINER_FAULTS: readonly (readonly [row: number, make: (bench: Bench) => void])[] = [
  [10, gzipForms],
  [11, truncated],
  [12, trailingAndCrc],
  [14, cut],
  [15, foreign],
  [16, firehoseErrors],
  [17, envelopes],
];

function gzipForms(bench: Bench): void {
  const content = Buffer.from(lines(bench.goods(4)));
  // the second member begins in the middle of a record
  const middle = Math.floor(content.length / 2) + 7;
  const members = [compressed(content.subarray(0, middle)), compressed(content.subarray(middle))];
  bench.put(Buffer.concat(members), [['rows', 4]], { ending: '.gz' });
  const padded = Buffer.concat([compressed(lines(bench.goods(2))), Buffer.alloc(512)]);
  bench.put(padded, [['rows', 2]], { ending: '.gz' });
  bench.put(lines(bench.goods(2)), [['rows', 2]], { ending: '.json', gzip: true });
  bench.put(lines(bench.goods(2)), [['rows', 2]], { ending: '.gz' });
}

const GZIP_HEADER = Uint8Array.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);

function truncated(bench: Bench): void {
  // flushed after three records, so that they can be had whatever becomes of the fourth
  const whole = deflateRawSync(lines(bench.goods(3)), { finishFlush: constants.Z_SYNC_FLUSH });
  const rest = deflateRawSync(bench.bad());
  const half = rest.subarray(0, Math.floor(rest.length / 2));
  const expectations = [
    ['rows', 3],
    ['Q gzip_truncated', 1],
  ] as const;
  bench.put(Buffer.concat([GZIP_HEADER, whole, half]), expectations, { ending: '.gz' });
  // only the checksum is missing
  const complete = compressed(lines(bench.goods(3)));
  bench.put(complete.subarray(0, complete.length - 8), expectations, { ending: '.gz' });
}

function trailingAndCrc(bench: Bench): void {
  const trailing = Buffer.concat([compressed(lines(bench.goods(2))), Buffer.from('-- end of transmission --')]);
  bench.put(
    trailing,
    [
      ['rows', 2],
      ['Q gzip_trailing', 1],
    ],
    { ending: '.gz' },
  );
  const damaged = compressed(lines([bench.bad(), bench.bad()]));
  damaged.writeUInt32LE((damaged.readUInt32LE(damaged.length - 8) ^ 1) >>> 0, damaged.length - 8);
  bench.put(damaged, [['Q gzip_crc', 1]], { ending: '.gz' });
}

/** Fault 13: 4 GB and a little of white space behind one record, in members that are all the same. */
export function bomb(bench: Bench): void {
  const member = compressed(Buffer.alloc(64 << 20, ' '));
  const members = Array.from({ length: 65 }, () => member);
  bench.put(Buffer.concat([compressed(bench.bad()), ...members]), [['Q too_large', 1]], { ending: '.gz' });
}

function cut(bench: Bench): void {
  const cutShort = (): string => {
    const record = bench.bad();
    return record.slice(0, record.indexOf('"messageId":"') + 30);
  };
  const expectations = [
    ['rows', 2],
    ['Q json', 1],
  ] as const;
  const [a = '', b = '', c = '', d = '', e = '', f = ''] = bench.goods(6);
  bench.put(lines([a, cutShort(), b]), expectations);
  bench.put(`${lines([c, d])}${cutShort()}`, expectations, { ending: '.gz', gzip: true });
  bench.put(`${e}${cutShort()}${f}`, expectations, { ending: '.gz', gzip: true });
}

function foreign(bench: Bench): void {
  const expectation = [['Q not_event_stream', 1]] as const;
  const finder = Buffer.concat([Buffer.from([0, 0, 0, 1]), Buffer.from('Bud1'), Buffer.alloc(4088)]);
  bench.put(finder, expectation, { name: '.DS_Store' });
  bench.put(
    'message_id,recipient,status\n0107,ann@example.org,delivered\n0108,bob@example.org,bounced\n',
    expectation,
    {
      name: 'export.csv',
    },
  );
  const parquet = Buffer.concat([Buffer.from('PAR1'), Buffer.from([0x15, 4, 0x15, 0, 0, 0xf0]), Buffer.from('PAR1')]);
  bench.put(parquet, expectation, { name: 'part-00000.parquet' });
  const png = Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]), Buffer.alloc(64, 7)]);
  bench.put(png, expectation, { name: 'logo.png' });
}

function firehoseErrors(bench: Bench): void {
  const { at } = bench;
  const placed = { folder: 'ses/processing-failed', gzip: true, ending: '.gz' };
  bench.put(lines([failedRecord(bench.good(), at), failedRecord(lines(bench.goods(2)), at)]), [['rows', 3]], placed);
  const unreadable = failedRecord('', at).replace('"rawData":""', '"rawData":"this is no base64!"');
  const speechless = failedRecord('', at).replace('"rawData":"",', '');
  bench.put(lines([unreadable, failedRecord('hello', at), speechless]), [['Q firehose_error', 3]], placed);
}

const VALIDATION = 'Successfully validated SNS topic for Amazon SES event publishing.';

function envelopes(bench: Bench): void {
  const { at, random } = bench;
  const letter = (record: string): string => notification(record, at, random);
  const bus = (record: string): string => busEvent(record, 'Email Sent', at, random);
  const queue = (body: string): string => queueMessage(body, random);
  bench.put(lines([letter(bench.good()), bus(bench.good()), queue(bench.good())]), [['rows', 3]]);
  bench.put([queue(letter(bench.good())), queue(letter(bus(bench.good())))].join(''), [['rows', 2]]);
  const asObject = `{"Records":[{"EventSource":"aws:sns","Sns":{"Type":"Notification","Message":${bench.good()}}}]}`;
  const direct = `{"Records":[{"EventSource":"aws:sns","Sns":${bench.good()}}]}`;
  bench.put(lines([asObject, direct]), [['rows', 2]]);
  bench.put(
    `${VALIDATION}\n${bench.good()}\n${letter(VALIDATION)}\n`,
    [
      ['rows', 1],
      ['skipped ses_topic_validation', 2],
    ],
    { ending: '.gz', gzip: true },
  );
}
