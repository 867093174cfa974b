/** What goes wrong, row by row: each has tests that name it in their titles, as `fault 12: …`. */
export interface FaultRow {
  row: string;
  words: string;
  /** where what happens can't be shown without AWS, or not wholly without its SQL engine */
  beyond?: 'AWS' | 'engines';
}

const ROWS: readonly (readonly [row: string, words: string, beyond?: 'AWS' | 'engines'])[] = [
  ['1', 'empty object, white space only'],
  ['2', 'no newline at the end, CRLF, blank lines'],
  ['3', 'no delimiter, pretty-printed, mixed'],
  ['4', 'top-level array'],
  ['5', 'byte-order marks'],
  ['6', 'invalid UTF-8'],
  ['7', 'UTF-16'],
  ['8', 'NUL, U+2028, emoji'],
  ['9', 'a record of 64 MB'],
  ['10', 'gzip members, padding, wrong names'],
  ['11', 'gzip cut off'],
  ['12', 'gzip garbage, bad CRC'],
  ['13', 'gzip bomb'],
  ['14', 'cut in the middle of a record'],
  ['15', 'no event stream'],
  ['16', 'Firehose error object'],
  ['17', 'envelopes'],
  ['18', 'duplicate keys'],
  ['19', '__proto__ as a key'],
  ['20', 'numbers beyond 2^53 and 1e308'],
  ['21', 'lone surrogates'],
  ['22', 'nesting 100,000 deep'],
  ['23', 'unknown types'],
  ['24', 'missing fields'],
  ['25', 'wrong types'],
  ['26', 'unknown fields'],
  ['27', '1,000 headers, large values'],
  ['28', 'addresses of all kinds'],
  ['29', '50 recipients, 2 bounce'],
  ['30', 'links of all kinds'],
  ['31', 'times of all kinds'],
  ['32', 'absurd times'],
  ['33', '500 dates in a unit'],
  ['34', 'HTML, SQL, formulas, escapes'],
  ['35', 'a record twice in a unit'],
  ['36', 'a record in two units'],
  ['37', 'redelivered in 40 days'],
  ['38', 'two opens in a second'],
  ['39', 'objects that appear late'],
  ['40', 'an object that appears while listing'],
  ['41', 'a raw object rewritten'],
  ['42', 'a raw object deleted'],
  ['43', 'planner killed anywhere'],
  ['44', 'two planners at once'],
  ['45', 'worker killed anywhere'],
  ['46', 'two workers on a unit, a zombie'],
  ['47', 'stale message'],
  ['48', 'settle killed anywhere, two at once'],
  ['49', 'collector against readers and dead settles'],
  ['50', 'a new version in the middle'],
  ['51', 'poison unit'],
  ['52', 'queue lost'],
  ['53', 'state and tables deleted'],
  ['54', 'clock wrong by a day'],
  ['54a', 'a backfill beside live mail'],
  ['54b', 'late engagement'],
  ['55', 'answer to PUT lost', 'AWS'],
  ['56', '409, 503, 500, resets', 'AWS'],
  ['57', 'listings of many keys', 'AWS'],
  ['58', 'Glue errors', 'AWS'],
  ['59', '101 and 250 partitions', 'AWS'],
  ['60', 'denied on one object', 'AWS'],
  ['61', 'Lambda out of time', 'AWS'],
  ['62', 'Athena fails', 'AWS'],
  ['63', 'a column is added', 'engines'],
  ['64', 'a column changes'],
  ['65', 'hidden and temporary names'],
  ['66', 'foreign file, missing file', 'engines'],
  ['67', 'every view on little and much', 'engines'],
  ['68', 'any chunking, order, duplication'],
  ['69', 'millions of objects'],
  ['72', 'another address, or none, of one recipient'],
  ['78', 'a reader of output goes away'],
  ['80', 'a query that writes, reads files, loads code'],
];

export const FAULT_ROWS: readonly FaultRow[] = ROWS.map(([row, words, beyond]) => ({
  row,
  words,
  ...(beyond ? { beyond } : {}),
}));

/** Those that are (also) shown on the engines: every one must hold there. */
export const ENGINE_ROWS: readonly FaultRow[] = FAULT_ROWS.filter(
  ({ row }) => Number(row) >= 55 && Number(row) <= 67,
).map(({ row, words }) => ({ row, words }));

/** The row that a test's title names, or null. */
export const faultOf = (title: string): string | null => /^fault 0*(\d+[ab]?): /.exec(title)?.[1] ?? null;
