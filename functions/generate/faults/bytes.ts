/** Generates faults 1 to 9 of test/README.md: damage in the bytes of an object. */
import { type Bench, lines, swapped } from './bench.ts';

/** Faults 1 to 9: what the bytes of an object may look like. */
export const BYTE_FAULTS: readonly (readonly [row: number, make: (bench: Bench) => void])[] = [
  [1, nothing],
  [2, lineEnds],
  [3, withoutDelimiter],
  [4, array],
  [5, byteOrderMarks],
  [6, invalidUtf8],
  [7, utf16],
  [8, oddCharacters],
  [9, hugeRecord],
];

function nothing(bench: Bench): void {
  bench.put('', [['nothing', 0]]);
  bench.put('', [['nothing', 0]], { ending: '.gz' });
  bench.put('', [['nothing', 0]], { ending: '.gz', gzip: true });
  bench.put(' \r\n\t\n  \n', [['nothing', 0]], { ending: '.gz', gzip: true });
}

function lineEnds(bench: Bench): void {
  bench.put(bench.goods(3).join('\n'), [['rows', 3]], { ending: '.gz', gzip: true });
  bench.put(`${bench.goods(3).join('\r\n')}\r\n`, [['rows', 3]]);
  bench.put(`\n\n${bench.goods(3).join('\n\n \n')}\n\n`, [['rows', 3]], { ending: '.gz', gzip: true });
}

function withoutDelimiter(bench: Bench): void {
  const braces = (): string => bench.good(bench.letter({ subject: 'Save {50 %} "}{" now \\ {"eventType":"Open"}' }));
  const pretty = (record: string): string => JSON.stringify(JSON.parse(record), null, 2);
  bench.put([bench.good(), braces(), bench.good()].join(''), [['rows', 3]], { ending: '.gz', gzip: true });
  bench.put([bench.good(), braces(), bench.good()].map(pretty).join('\n'), [['rows', 3]]);
  const mixed = `${bench.good()}\n${pretty(bench.good())}${braces()}${bench.good()}\n${pretty(bench.good())}\n${bench.good()}`;
  bench.put(mixed, [['rows', 6]], { ending: '.gz', gzip: true });
}

function array(bench: Bench): void {
  bench.put(`[${bench.goods(4).join(',\n ')}]`, [['rows', 4]]);
  bench.put(`[\n${bench.goods(2).join(',')}\n]\n`, [['rows', 2]], { ending: '.gz', gzip: true });
}

const MARK = '\ufeff';

function byteOrderMarks(bench: Bench): void {
  bench.put(MARK + lines(bench.goods(2)), [['rows', 2]]);
  bench.put(`${MARK}${bench.good()}${MARK}${bench.good()}\n${MARK}${bench.good()}`, [['rows', 3]]);
}

function invalidUtf8(bench: Bench): void {
  const [before = '', after = ''] = bench.goods(2);
  const bad = Buffer.from(swapped(bench.bad(), `"subject":"Fault 6"`, `"subject":"Fault ~ 6"`), 'utf8');
  // a lone byte of Latin-1, as from a shop that never heard of UTF-8
  bad[bad.lastIndexOf('~')] = 0xe4;
  bench.put(Buffer.concat([Buffer.from(`${before}\n`), bad, Buffer.from(`\n${after}\n`)]), [
    ['rows', 2],
    ['Q invalid_utf8', 1],
  ]);
}

function utf16(bench: Bench): void {
  const little = Buffer.from(MARK + lines([bench.bad(), bench.bad()]), 'utf16le');
  bench.put(little, [['Q encoding', 1]]);
  bench.put(Buffer.from(little).swap16(), [['Q encoding', 1]], { ending: '.gz', gzip: true });
}

function oddCharacters(bench: Bench): void {
  const subjects = [
    'nul \u0000 inside',
    'line \u2028 separator',
    'books 📚👩‍👩‍👧',
    'astral 𝒜𝒷𝒸',
    'combining e\u0301 o\u0308',
  ];
  const records = subjects.map((subject) => bench.good(bench.letter({ subject })));
  bench.put(lines(records), [['rows', subjects.length]], { ending: '.gz', gzip: true });
}

/** Just over the limit of 16 MB; it compresses to nothing. */
function hugeRecord(bench: Bench): void {
  const huge = swapped(bench.bad(), '"headers":[', `"headers":[{"name":"X-Large","value":"${'x'.repeat(17 << 20)}"},`);
  const [before = '', after = ''] = bench.goods(2);
  bench.put(
    lines([before, huge, after]),
    [
      ['rows', 2],
      ['Q record_too_large', 1],
    ],
    { ending: '.gz', gzip: true },
  );
}
