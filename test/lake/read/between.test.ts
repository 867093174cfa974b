import { describe, expect, test } from 'vitest';
import { sesBounce, sesSend } from '#test/records.ts';
import { event, read, readChunks, records, type Told, told } from './reading.ts';

const A = JSON.parse(JSON.stringify(sesSend({ messageId: 'a' })));
const B = JSON.parse(JSON.stringify(sesBounce({ messageId: 'b' })));
const P = event('p');
const json = (value: unknown): string => JSON.stringify(value);
const ALL = [A, B, P].map(json);
const BETWEEN: Told = { skip: 'between_records' };
const csv = (text: string): string => `"${text.replaceAll('"', '""')}"`;

describe('fault 71: all records are read, and what stands between is counted once an object', () => {
  test.for<[string, string]>([
    ['commas', ALL.join(',')],
    ['commas and spaces', ALL.join(' , ')],
    ['commas in an array that was cut off at its beginning', `${ALL.join(',')}]`],
    ['commas in an array that was cut off at its end', `[${ALL.join(',')}`],
    ['commas in an array that was cut off behind a comma', `[${ALL.join(',')},`],
    ['commas on each of several lines', `${ALL[0]},${ALL[1]}\n${ALL[2]}\n`],
    ['record separators (RFC 7464)', ALL.map((text) => `\u001e${text}\n`).join('')],
    ['record separators alone', ALL.join('\u001e')],
    ['NUL', ALL.map((text) => `${text}\0`).join('')],
    ['pipes', ALL.join('|')],
    ['semicolons', ALL.join(' ; ')],
    ['a literal \\n', ALL.join('\\n')],
    ['a literal \\r\\n', `${ALL.join('\\r\\n')}\\r\\n`],
    ['tabs and pipes', ALL.join('\t|\t')],
    ['a time before each', ALL.map((text) => `2026-09-01T10:00:00.000Z ${text}\n`).join('')],
    ['a time in brackets before each', ALL.map((text) => `[2026-09-01 10:00:00] ${text}\n`).join('')],
    ['syslog', ALL.map((text) => `Sep  1 10:00:00 host app[12]: ${text}\n`).join('')],
    ['a level and a name before each', ALL.map((text) => `INFO ses-events: ${text}\n`).join('')],
    ['a key and a tab before each', ALL.map((text, i) => `key-${i}\t${text}\n`).join('')],
    ['a key and a tab before each, no line ends', ALL.map((text, i) => `key-${i}\t${text}\t`).join('')],
    ['columns on both sides', ALL.map((text, i) => `${i}\teu-west-1\t${text}\tsend\n`).join('')],
    ['columns in quotes', ALL.map((text, i) => `"${i}","send",${text},"eu-west-1"\n`).join('')],
    ['a head line', `time,event\n${ALL.join('\n')}`],
    ['a last line', `${ALL.join('\n')}\n-- 3 rows`],
    ['CSV that doubles quotes', ALL.map((text, i) => `${i},${csv(text)},x\n`).join('')],
    ['one column of CSV', `"EVENT"\n${ALL.map(csv).join('\n')}`],
    ['JSON in strings', ALL.map((text) => `${json(text)}\n`).join('')],
    ['escaped JSON', ALL.map((text) => `x ${json(text).slice(1, -1)}\n`).join('')],
  ])('%s', async ([, content]) => {
    const reading = await read(content);
    expect(reading.told).toEqual([...records(A, B, P), BETWEEN]);
    expect(reading.records).toBe(4);
    const bytes = Buffer.from(content);
    for (const size of [1, 7, 100, 1000]) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
      expect(await readChunks(pieces)).toEqual(reading);
    }
  });

  test('white space, line ends, byte-order marks and an array’s own commas are nothing to be counted', async () => {
    expect(await told(`\ufeff[ ${ALL.join(' ,\n ')} ]\r\n\t${ALL[0]}`)).toEqual(records(A, B, P, A));
    expect(await told(`${ALL.join(',\n')},\n`)).toEqual(records(A, B, P));
  });

  test('a thousand lines with a time before each make one count', async () => {
    const { told: all, records: count } = await read(Array(1000).fill(`2026-09-01T10:00:00Z ${ALL[0]}\n`).join(''));
    expect([all.length, count, all.at(-1)]).toEqual([1001, 1001, BETWEEN]);
  });
});

describe('fault 71: what stands between is not harmless', () => {
  test.for<[string, string, Told[]]>([
    ['the end of a torn record', `"x":"y"}},${ALL[1]}`, [{ reject: 'json' }, { record: B }]],
    [
      'a torn record in the middle',
      `${ALL[0]},{"mail":{"a":,${ALL[1]}`,
      [{ record: A }, { reject: 'json' }, { record: B }],
    ],
    [
      'a list of a torn record',
      `{"name":"To","value":"x"},{"name":"Cc","value":"y"}],"z":1}}\n${ALL[1]}`,
      [{ reject: 'json' }, { record: B }],
    ],
    ['bytes that are no UTF-8', '', []],
    [
      'text that is long',
      `${ALL[0]}${'word '.repeat(2000)}${ALL[1]}`,
      [{ record: A }, { reject: 'json' }, { record: B }],
    ],
    [
      'text that could be encoded',
      `${ALL[0]}\n${Buffer.from(ALL[2] ?? '').toString('base64')}\n${ALL[1]}`,
      [{ record: A }, { reject: 'json' }, { record: B }],
    ],
  ])('%s', async ([, content, expected]) => {
    if (content === '') {
      const bytes = Buffer.concat([
        Buffer.from(ALL[0] ?? ''),
        Buffer.from([0xff, 0xfe, 0x41]),
        Buffer.from(ALL[1] ?? ''),
      ]);
      expect(await told(bytes)).toEqual([{ record: A }, { reject: 'json' }, { record: B }]);
    } else expect(await told(content)).toEqual(expected);
  });

  test('text alone is no event stream', async () => {
    await expect(told('hello\nworld, 1 | 2\n')).rejects.toMatchObject({ reason: 'not_event_stream' });
  });
});
