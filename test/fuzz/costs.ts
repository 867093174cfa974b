/**
 * What reading costs, in seconds of CPU for a MB of content: inputs that make work out of proportion stand out. Each of the
 * fixtures' fields is filled with each pattern, besides the objects of poison.ts and records that are wide, deep or long.
 *
 *     node test/fuzz/costs.ts            all of them; exit code 1 if one is dearer than MOST_SECONDS
 *     node test/fuzz/costs.ts dates      those whose names hold the word
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { DEFAULT_SETTINGS } from '#lake/settings.ts';
import { readUnit } from '#lake/steps/transform/read-unit.ts';
import { MemoryStore } from '#test/ports/memory-store.ts';
import { POISON } from './poison.ts';

/** CPU for a MB. A usual one takes 0.1 on the slowest machine that was tried. */
export const MOST_SECONDS = 1.5;

export interface CostInput {
  name: string;
  make(): Buffer;
}

const MB = 1e6;
/** Of a field: as long as one may be that is looked into, and far longer. */
const FIELD_LENGTHS = [980, 50_000];
const PATTERNS: Readonly<Record<string, string>> = {
  letters: 'a',
  digits: '9',
  spaces: ' ',
  'spaces and digits': '1 ',
  dashes: '1 -',
  dots: 'a.',
  openings: '(',
  brackets: '<[',
  quotes: '"',
  backslashes: '\\',
  addresses: 'a@b.c, ',
  ats: '@',
  'encoded words': '=?utf-8?q?=41?= ',
  percents: '%41',
  parameters: 'utm_source=a&',
  'path steps': '../',
  letters_beyond_ascii: 'é\u{1f600}',
};
/** Records of a field and pattern: enough to see what they cost. */
const BYTES_A_PATTERN = 100_000;

/** Lines of JSON from many records, none like another by its message. */
const lines = (records: Iterable<object>): Buffer =>
  Buffer.from([...records].map((record) => JSON.stringify(record)).join('\n'));

const send = (mail: object, more: object = {}): object => ({
  eventType: 'Send',
  mail: { timestamp: '2026-03-02T08:15:30.120Z', messageId: 'm', destination: ['a@example.org'], ...mail },
  send: {},
  ...more,
});

/** Wide, deep and long records, and gzip in small pieces. */
const SHAPES: readonly CostInput[] = [
  { name: 'one unsafe integer in a large record', make: () => unsafeInteger(1) },
  { name: 'unsafe integers', make: () => lines([send({ n: 1 }, { n: [] })]) },
  { name: 'small gzip members', make: () => smallMembers(MB / 4, '{"a":1}\n') },
  { name: 'gzip members of a record', make: () => smallMembers(MB / 4, `${JSON.stringify(send({}))}\n`) },
  { name: 'many keys', make: () => lines([send({}, Object.fromEntries(numbered(60_000, (i) => [`k${i}`, i])))]) },
  { name: 'one key many times', make: () => Buffer.from(`{"eventType":"Send",${'"a":1,'.repeat(150_000)}"b":1}`) },
  { name: 'nesting to the limit', make: () => lines(numbered(2000, () => send({ x: nested(190) }))) },
  { name: 'nesting beyond it', make: () => Buffer.from(`${'['.repeat(500_000)}\n`) },
  { name: 'recipients', make: () => lines([send({ destination: numbered(30_000, (i) => `r${i}@example.org`) })]) },
  { name: 'tags', make: () => lines([send({ tags: Object.fromEntries(numbered(40_000, (i) => [`t${i}`, ['v']])) })]) },
  { name: 'bounced recipients', make: () => lines([manyBounced(8000)]) },
  { name: 'headers', make: () => lines([send({ headers: numbered(20_000, (i) => ({ name: `H${i}`, value: 'v' })) })]) },
  { name: 'types without end', make: () => lines(numbered(20_000, (i) => ({ eventType: `Type${i}`, mail: {} }))) },
  { name: 'shapes without end', make: () => lines(numbered(6000, (i) => send({ [`k${i}`]: 1, messageId: `m${i}` }))) },
];

function numbered<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);

/** Alone among small values. */
export const unsafeInteger = (mb: number): Buffer =>
  Buffer.from(`{"eventType":"Send","n":9007199254740993,"x":[${'{"b":1},'.repeat((mb * MB) / 8)}{}]}`);

/** So many bytes of gzip members, each with this content. */
export function smallMembers(bytes: number, content: string): Buffer {
  const member = gzipSync(content);
  return Buffer.concat(numbered(Math.ceil(bytes / member.length), () => member));
}

/** Mail sent at times that say so little. */
export const spacedDates = (bytes: number): Buffer =>
  lines(
    numbered(Math.ceil(bytes / 1000), (i) => send({ timestamp: `2026-03-02${' '.repeat(980)}x`, messageId: `m${i}` })),
  );

const manyBounced = (count: number): object => ({
  ...send({ destination: numbered(count, (i) => `r${i}@example.org`) }),
  eventType: 'Bounce',
  bounce: {
    bounceType: 'Permanent',
    timestamp: '2026-03-02T08:15:31.120Z',
    bouncedRecipients: numbered(count, (i) => ({ emailAddress: `"R${i}"@example.org`, status: '5.1.1' })),
  },
});

const FIXTURES = join(import.meta.dirname, '..', 'fixtures', 'none');

/** Each text in a fixture's record replaced by each pattern, in as many records as are seen. */
function* fieldInputs(): Generator<CostInput> {
  for (const file of readdirSync(FIXTURES).filter((name) => name.endsWith('.raw'))) {
    const record: unknown = JSON.parse(readFileSync(join(FIXTURES, file), 'utf8').split('\n')[0] ?? '');
    for (const path of textPaths(record)) {
      for (const [pattern, unit] of Object.entries(PATTERNS)) {
        for (const length of FIELD_LENGTHS) {
          const text = unit.repeat(Math.ceil(length / unit.length));
          const many = numbered(Math.ceil(BYTES_A_PATTERN / (length + 2000)), (i) =>
            filled(record, path, `${text}${i}x`),
          );
          yield { name: `${file.replace('.raw', '')} ${path.join('.')} ${pattern} ${length}`, make: () => lines(many) };
        }
      }
    }
  }
}

function* textPaths(value: unknown, path: string[] = []): Generator<string[]> {
  if (typeof value === 'string') yield path;
  else if (typeof value === 'object' && value !== null)
    for (const [name, inner] of Object.entries(value)) yield* textPaths(inner, [...path, name]);
}

function filled(record: unknown, path: readonly string[], text: string): object {
  const copy: Record<string, unknown> = structuredClone(record) as Record<string, unknown>;
  let holder = copy;
  for (const name of path.slice(0, -1)) holder = holder[name] as Record<string, unknown>;
  holder[path.at(-1) ?? ''] = text;
  return copy;
}

/**
 * Poison of some MB at most. Not an event on each of many days: a file costs about a millisecond, whatever is in it, and there are
 * 33,000 days from 2010 to 2100, so that half a minute is the most that it costs a unit.
 */
const poisonInputs: readonly CostInput[] = Object.entries(POISON)
  .filter(([name]) => name !== 'manyDays')
  .map(([name, { make, small }]) => ({ name: `poison ${name}`, make: () => make(small * 10) }));

export interface Cost {
  /** CPU, seconds */
  seconds: number;
  /** content, decompressed, or what is stored, if that is more */
  mb: number;
}

/** Reads an object as transform does, files included. */
export async function costOf(bytes: Buffer): Promise<Cost> {
  const raw = new MemoryStore();
  raw.put('raw/2026/03/02/08/a', bytes);
  const [object] = await Array.fromAsync(raw.list(''));
  if (!object) throw new Error('no object');
  const began = process.cpuUsage();
  const content = await readUnit(raw, { id: 'u', objects: [object] }, 'u.v', { settings: DEFAULT_SETTINGS });
  for await (const _ of content.files());
  const { user, system } = process.cpuUsage(began);
  return { seconds: (user + system) / 1e6, mb: Math.max(bytes.length, plainBytes(bytes)) / MB };
}

const plainBytes = (bytes: Buffer): number => {
  try {
    return gunzipSync(bytes).length;
  } catch {
    return 0;
  }
};

async function main(words: readonly string[]): Promise<void> {
  await costOf(lines(numbered(2000, (i) => send({ messageId: `warm${i}` }))));
  const inputs = [
    ...SHAPES,
    { name: 'dates with spaces', make: () => spacedDates(MB / 4) },
    ...poisonInputs,
    ...fieldInputs(),
  ].filter(({ name }) => words.every((word) => name.includes(word)));
  const found: { name: string; perMb: number }[] = [];
  for (const { name, make } of inputs) {
    const bytes = make();
    const perMb = async (): Promise<number> => {
      const { seconds, mb } = await costOf(bytes);
      return seconds / mb;
    };
    let least = await perMb();
    // The first time of a kind includes the compiling of its code.
    for (let again = 0; again < 3 && least > MOST_SECONDS; again++) least = Math.min(least, await perMb());
    found.push({ name, perMb: least });
  }
  found.sort((a, b) => b.perMb - a.perMb);
  for (const { name, perMb } of found.slice(0, 15)) console.log(`${perMb.toFixed(2)} s/MB  ${name}`);
  const dear = found.filter(({ perMb }) => perMb > MOST_SECONDS);
  console.log(`${found.length} inputs, ${dear.length} of them dearer than ${MOST_SECONDS} s of CPU a MB`);
  if (found.length === 0 || dear.length > 0) process.exitCode = 1;
}

if (process.argv[1] === import.meta.filename) await main(process.argv.slice(2));
