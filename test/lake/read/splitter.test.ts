import { expect, test } from 'vitest';
import { event, line, read, records, told } from './reading.ts';

const A = event('a');
const B = event('b');
const C = event('c');
const json = (value: unknown): string => JSON.stringify(value);
const REJECT_JSON = { reject: 'json' };

test.for(['', ' ', '\n', '\r\n \t\n', '\ufeff', '[]', ' [ ] \n'])(
  'fault 01: an object of nothing but %j has no records',
  async (input) => {
    expect(await read(input)).toMatchObject({ told: [], records: 0, bytes: Buffer.byteLength(input) });
  },
);

test.for<[string, string]>([
  ['LF', `${json(A)}\n${json(B)}\n`],
  ['no newline at the end', `${json(A)}\n${json(B)}`],
  ['CRLF', `${json(A)}\r\n${json(B)}\r\n`],
  ['blank lines', `\n\n${json(A)}\n\r\n  \n${json(B)}\n\n`],
  ['white space around records', `  ${json(A)} \n\t${json(B)}  `],
])('fault 02: records on lines are found with %s', async ([, input]) => {
  expect(await told(input)).toEqual(records(A, B));
});

test.for<[string, string]>([
  ['joined without delimiter', json(A) + json(B) + json(C)],
  ['joined by a blank', `${json(A)} ${json(B)} ${json(C)}`],
  ['pretty-printed', [A, B, C].map((value) => JSON.stringify(value, null, 2)).join('\n')],
  ['pretty-printed and joined', [A, B, C].map((value) => JSON.stringify(value, null, 2)).join('')],
  ['joined, then on lines', `${json(A)}${json(B)}\n${json(C)}\n`],
  ['on lines, then pretty-printed, then joined', `${json(A)}\n${JSON.stringify(B, null, 4)}${json(C)}`],
])('fault 03: records are found when %s', async ([, input]) => {
  expect(await told(input)).toEqual(records(A, B, C));
});

test.for(['', '\n'])(
  'fault 03: braces, brackets and quotes inside strings are no structure (joined by %j)',
  async (by) => {
    const tricky = [{ a: '}{' }, { '}{"': '\\"}\n{' }, { a: '{"event_type":"x"}' }, { a: '\\' }, { a: ']}' }];
    expect(await told(tricky.map(json).join(by))).toEqual(records(...tricky));
    expect(await told(json(tricky))).toEqual(records(...tricky));
  },
);

test.for<[string, string]>([
  ['compact', json([A, B, C])],
  ['pretty-printed', JSON.stringify([A, B, C], null, 2)],
  ['a line each', `[\n${json(A)},\n${json(B)},\n${json(C)}\n]\n`],
  ['several arrays', `${json([A])}${json([])}\n${json([B, C])}`],
  ['arrays and records', `${json([A, B])}\n${json(C)}\n`],
])('fault 04: each element of a top-level array is a record (%s)', async ([, input]) => {
  expect(await told(input)).toEqual(records(A, B, C));
});

test('fault 04: an array may be larger than a record may be', async () => {
  const elements = Array.from({ length: 500 }, (_, index) => event(`m${index}`));
  expect(await told(json(elements), { recordBytes: 1000 })).toEqual(records(...elements));
});

test('fault 04: an element that is no object is passed on for what it is', async () => {
  expect(await told('[{"a":1},2,"x",null,true,[3],-1.5e3]')).toEqual(records({ a: 1 }, 2, 'x', null, true, [3], -1500));
});

test('fault 04: an array that is not closed gives its elements; what is broken at its end is rejected', async () => {
  const between = { skip: 'between_records' };
  expect(await told(`[${json(A)},${json(B)}`)).toEqual([...records(A, B), between]);
  expect(await told(`[${json(A)},${json(B)},`)).toEqual([...records(A, B), between]);
  expect(await told(`[${json(A)},${json(B)},{"a":`)).toEqual([...records(A, B), REJECT_JSON]);
});

test('fault 05: byte-order marks are ignored at the start and between records', async () => {
  const mark = '\ufeff';
  expect(await told(`${mark}${json(A)}\n${mark}${json(B)}${mark}${json(C)}${mark}`)).toEqual(records(A, B, C));
  expect(await told(json({ a: mark }))).toEqual(records({ a: mark }));
});

test.for(['\n', '', ',', ' '])(
  'fault 06: a record with invalid UTF-8 is rejected, its neighbours are kept (by %j)',
  async (by) => {
    const bad = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]);
    const input = Buffer.concat([Buffer.from(json({ a: 'é' }) + by), bad, Buffer.from(by + json({ a: '€' }))]);
    const whole = by === ',' ? Buffer.concat([Buffer.from('['), input, Buffer.from(']')]) : input;
    expect(await told(whole)).toEqual([{ record: { a: 'é' } }, { reject: 'invalid_utf8' }, { record: { a: '€' } }]);
  },
);

test('fault 06: invalid UTF-8 in the first record is no less invalid', async () => {
  const bad = Buffer.from('{"a":"\xff"}', 'latin1');
  expect(await told(Buffer.concat([bad, Buffer.from('\n{"a":1}\n')]))).toEqual([
    { reject: 'invalid_utf8' },
    { record: { a: 1 } },
  ]);
});

test('fault 08: NUL, U+2028, emoji, astral and combining characters are kept exactly', async () => {
  const value = { a: '\u0000', b: '\u2028\u2029', c: '👩‍👩‍👧‍👦𝒳', d: 'e\u0301', '\u0000': '\ufffd' };
  expect(await told(`${json(value)}\n${json(value)}`)).toEqual(records(value, value));
});

test('fault 08: control characters left raw in a string are kept too, and the text says the same', async () => {
  const { told, texts } = await read('{"a":"x\u0000y","b":"\t\u001b\r","c":"\\n\\"\u0001"}\t\n{"a":1}');
  const kept = { a: 'x\u0000y', b: '\t\u001b\r', c: '\n"\u0001' };
  expect(told).toEqual(records(kept, { a: 1 }));
  expect(JSON.parse(texts[0] ?? '')).toEqual(kept);
});

const whole = json(A);
const cuts = Array.from({ length: whole.length - 1 }, (_, index) => index + 1);

test.for<[string, string]>([
  ['the next line', '\n'],
  ['the next record on the same line', ''],
])('fault 14: cut anywhere, a record is one rejection and %s is found again', async ([, by]) => {
  for (const cut of cuts) {
    const { told, places } = await read(line('z') + whole.slice(0, cut) + by + line('b') + line('c'));
    expect(told, `cut at ${cut}`).toEqual([{ record: event('z') }, REJECT_JSON, { record: B }, { record: C }]);
    expect(places[1], `cut at ${cut}`).toMatchObject({ ordinal: 1, offset: line('z').length, length: cut });
  }
});

test('fault 14: a record without its beginning is one rejection and the next is found again', async () => {
  // what begins with an array can't be told from an array of records
  for (const cut of cuts.filter((at) => whole[at] !== '[')) {
    expect(await told(`${whole.slice(cut)}\n${line('b')}`), `cut at ${cut}`).toEqual([REJECT_JSON, { record: B }]);
  }
});

test('fault 14: a pretty-printed record that is cut is one rejection, and no header of it a record', async () => {
  const pretty = JSON.stringify(A, null, 2);
  for (let cut = 1; cut < pretty.length; cut++) {
    const input = `${pretty.slice(0, cut)}\n${JSON.stringify(B, null, 2)}\n`;
    expect(await told(input), `cut at ${cut}`).toEqual([REJECT_JSON, { record: B }]);
  }
});

test('fault 14: broken lines are a rejection each', async () => {
  const { told, places } = await read(`${line('a')}{"a":tru}\n{"b":01}\n{"c":"x\n${line('b')}`);
  expect(told).toEqual([{ record: A }, REJECT_JSON, REJECT_JSON, REJECT_JSON, { record: B }]);
  expect(places.slice(1, 4).map((place) => place.raw)).toEqual(['{"a":tru}', '{"b":01}', '{"c":"x']);
});

test('fault 14: a broken element of an array leaves its neighbours', async () => {
  expect(await told(`[${whole},{"a":nul},${json(B)}]`)).toEqual([{ record: A }, REJECT_JSON, { record: B }]);
});

test('fault 14: an object that ends within a record keeps the others', async () => {
  const input = line('a') + json(B).slice(0, 40);
  const { told, places } = await read(input);
  expect(told).toEqual([{ record: A }, REJECT_JSON]);
  expect(places[1]).toMatchObject({ offset: line('a').length, length: 40, raw: json(B).slice(0, 40) });
});

test.for<[string, string]>([
  ['nested starts that never end', '{"Type":'.repeat(100_000)],
  ['lines that nest', '{"a":\n'.repeat(10_000)],
  ['lines that almost end', '{"Type":[1,\n'.repeat(10_000)],
  ['braces', '}{'.repeat(500_000)],
  ['quotes', '{"'.repeat(500_000)],
])('fault 14: hostile input is read in bounded work: %s', async ([, hostile]) => {
  const found = await told(`${line('a')}${hostile}\n${line('b')}`);
  expect(found[0]).toEqual({ record: A });
  expect(found.at(-1)).toEqual({ record: B });
  expect(found.slice(1, -1).every((one) => 'reject' in one)).toBe(true);
});

test('fault 14: lines of an array without its brackets are records', async () => {
  expect(await told(`${json(A)},\n${json(B)},\r\n${json(C)},`)).toEqual(records(A, B, C));
});

test('a place gives offset, length and bytes of a record, and counts all of them', async () => {
  const { places } = await read(
    ' {"a":1} \n{"é":2}\r\nSuccessfully validated SNS topic for Amazon SES event publishing.\n{x}\n{"b":3}',
  );
  expect(places).toEqual([
    { ordinal: 0, offset: 1, length: 7, raw: '{"a":1}' },
    { ordinal: 1, offset: 10, length: 8, raw: Buffer.from('{"é":2}').toString('latin1') },
    { ordinal: 2, offset: 20, length: 65, raw: 'Successfully validated SNS topic for Amazon SES event publishing.' },
    { ordinal: 3, offset: 86, length: 3, raw: '{x}' },
    { ordinal: 4, offset: 90, length: 7, raw: '{"b":3}' },
  ]);
});
