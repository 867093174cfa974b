/**
 * Fuzzing of known shapes: shapes are learned from sound records, and then come records that are nearly like them.
 * `node test/fuzz/shapes.ts --inputs 200000 --seed 1` reads so many mutated records both ways and prints what differs.
 */
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { Random } from '#generate/sender/random.ts';
import { differenceOf } from './both-ways.ts';
import { RECORD_TEXTS } from './corpus.ts';
import { WRAPS } from './envelopes.ts';
import { mutateRecord, RECORD_MUTATIONS } from './record-mutations.ts';

export interface ShapesInput {
  lines: string[];
  /** what stands between two records */
  joint: string;
  /** how many of the lines are mutated */
  mutated: number;
}

const SOUND = RECORD_TEXTS.map((text) => JSON.stringify(JSON.parse(text)));
const TEACHING = 6;
const LINES = 60;

/** Texts that mean another thing than most, written as in JSON. */
const TEXTS: readonly string[] = [
  ...['', 'null', ' ', 'x', 'a b', 'a\\u00e9b', 'a\\/b', '\\"q\\"', 'tab\\t', 'back\\\\slash', '\\ud800', '\\u0041'],
  ...[
    'é',
    '日本',
    '😀',
    '=?utf-8?q?=C3=A9?=',
    '=?utf-8?b?8J+YgA==?= and =?x?q?y?=',
    ' lead',
    'trail ',
    'true',
    'false',
  ],
  ...['ann@example.org', 'ANN@Example.ORG', 'ann+news@example.org', '\\"Ann\\" <ann@example.org>', 'a@b', 'a@b.c1'],
  ...['ann@example.org, bob@example.org', 'rfc822; ann@example.org', '<ann@example.org>', 'ann@exämple.org', '@', 'x@'],
  ...['2026-03-02T08:15:30Z', '2026-03-02T08:15:30.120+01:00', '2026-02-30T00:00:00Z', '2026-03-02', '1772439330120'],
  ...['2026-03-31T08:15:30.12Z', '2096-02-29T08:15:30.120Z', '0999-03-02T08:15:30.120Z', '2026-03-02T24:00:00Z'],
  ...['Permanent', 'Transient', 'Undetermined', 'Likely', 'Unlikely', 'OptOut', 'Bounce', 'Notification', 'aws.ses'],
  ...['Mozilla/5.0', 'Googlebot/2.1', 'https://h.example/p?utm_source=a&utm_term=b+c', 'mailto:x', 'h.example:80/x'],
  ...['arn:aws:ses:us-east-1:123456789012:identity/example.com', 'arn:aws:ses', '198.51.100.7', '}{', '{\\"a\\":1}'],
  ...['Mk1Zz', 'mk2rzz', 'M1M@D1D.example', 'm1s@d1s.example', '600000000000001', '2031-01-01T00:00:01.000Z'],
  ...['a'.repeat(70), 'é'.repeat(40), 'a'.repeat(2000)],
];

const NUMBERS = ['0', '7', '-1', '1.5', '1e3', '-0', '12345678901234567', '1772439330120', '8640000000000001', 'true'];

const STRING = /"(?:[^"\\]|\\.)*"(?=[,}\]])/g;
const NUMBER = /(?<=[:[])-?\d+(?:\.\d+)?(?=[,}\]])/g;

type Mutation = (text: string, random: Random) => string;

const replacing =
  (pattern: RegExp, value: (random: Random, text: string) => string): Mutation =>
  (text, random) => {
    const places = [...text.matchAll(pattern)];
    const place = places.length === 0 ? undefined : random.pick(places);
    if (!place) return text;
    return text.slice(0, place.index) + value(random, text) + text.slice(place.index + place[0].length);
  };

const isShallow = (text: string): boolean => {
  try {
    JSON.stringify(JSON.parse(text));
    return text.length < 20_000;
  } catch {
    return false;
  }
};

const MUTATIONS: readonly Mutation[] = [
  replacing(STRING, (random) => `"${random.pick(TEXTS)}"`),
  replacing(STRING, (random) => `"${random.pick(TEXTS)}"`),
  // one value in the place of another: the same address twice, a time for a text
  replacing(STRING, (random, text) => random.pick([...text.matchAll(STRING)])[0]),
  replacing(NUMBER, (random) => random.pick(NUMBERS)),
  (text) => text.toUpperCase().replace(/"[A-Z_]+":/g, (name) => name.toLowerCase()),
  (text, random) => text.replace(/[a-z](?=[^"]*@)/, (letter) => (random.chance(0.5) ? letter.toUpperCase() : letter)),
  (text, random) => (isShallow(text) ? mutateRecord(text, [random.pick(Object.keys(RECORD_MUTATIONS))], random) : text),
  (text, random) => text.slice(0, random.below(text.length)),
];

export function makeShapesInput(seed: number, number: number): ShapesInput {
  const random = new Random(seed, number);
  const texts = Array.from({ length: random.between(1, 4) }, () => random.pick(SOUND));
  const wrap = random.chance(0.3) ? WRAPS[random.pick(Object.keys(WRAPS))] : undefined;
  const lines: string[] = [];
  let mutated = 0;
  for (let i = 0; i < LINES; i++) {
    let text = random.pick(texts).replace(/("message_?[iI]d":")[^"]*/, `$1m${random.chance(0.05) ? 1 : i}`);
    if (i >= TEACHING * texts.length && random.chance(0.7)) {
      for (let n = random.pick([1, 1, 1, 2, 3]); n > 0; n--) text = random.pick(MUTATIONS)(text, random);
      mutated++;
    }
    if (text.length < 100_000) lines.push(wrap ? wrap(text, random) : text);
  }
  return { lines, joint: random.pick(['\n', '\n', '\n', '\r\n', '']), mutated };
}

/** @returns what differs, for as few lines as it takes; null if nothing does */
export async function shapesDifference({ lines, joint }: ShapesInput): Promise<string | null> {
  const of = (some: readonly string[]): Promise<string | null> => {
    const bytes = Buffer.from(some.join(joint));
    return differenceOf([bytes.length % 2 === 0 ? bytes : gzipSync(bytes)]);
  };
  if ((await of(lines)) === null) return null;
  let left = lines;
  for (let i = left.length - 1; i >= 0; i--) {
    const without = left.toSpliced(i, 1);
    if ((await of(without)) !== null) left = without;
  }
  return `${await of(left)}\n${left.map((line) => line.slice(0, 3000)).join('\n')}`;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { inputs: { type: 'string', default: '200000' }, seed: { type: 'string', default: '1' } },
  });
  let [inputs, failures] = [0, 0];
  for (let number = 0; inputs < Number(values.inputs) && failures < 5; number++) {
    const input = makeShapesInput(Number(values.seed), number);
    inputs += input.mutated;
    const difference = await shapesDifference(input);
    if (difference === null) continue;
    failures++;
    console.error(`input ${number} of seed ${values.seed}: ${difference}`);
  }
  console.log(`${inputs} mutated records read both ways, ${failures} differences`);
  if (failures > 0) process.exitCode = 1;
}
