/** The inputs of the fuzzer: each is made from the seed and its number alone. */

import { Random } from '#generate/sender/random.ts';
import { DEFAULT_SETTINGS, type Limits } from '#lake/settings.ts';
import { BYTE_MUTATIONS } from './byte-mutations.ts';
import { RECORD_TEXTS, SEEDS } from './corpus.ts';
import { WRAPS } from './envelopes.ts';
import { DAMAGED_PACKINGS, SOUND_PACKINGS } from './gzip-mutations.ts';
import { mutateRecord, RECORD_MUTATIONS } from './record-mutations.ts';

export interface FuzzInput {
  bytes: Buffer;
  /** names of what was done */
  mutations: string[];
  limits: Limits;
  /** sizes of the chunks in which it is read the second time, again and again */
  pieces: number[];
  /** message ids of sound records that have a line to themselves, one before and one behind what was mutated */
  neighbours: string[];
}

/** Close enough that small inputs meet them. */
export const SMALL_LIMITS: Limits = { ...DEFAULT_SETTINGS.limits, recordBytes: 3000, objectBytes: 100_000, depth: 12 };

export function makeInput(seed: number, number: number): FuzzInput {
  const random = new Random(seed, number);
  const mutations: string[] = [];
  const made = random.weighted(KINDS)(random, mutations);
  const { bytes, neighbours } = made;
  // a record that reaches beyond the limit may hold its neighbours, so that nothing could be said of those
  const isSmall = neighbours.length === 0 && random.chance(0.2);
  const packed = packedOrNot(bytes, random, mutations);
  return {
    bytes: packed.bytes,
    mutations,
    limits: isSmall ? SMALL_LIMITS : DEFAULT_SETTINGS.limits,
    pieces: Array.from({ length: random.between(1, 5) }, () => random.between(1, random.pick([3, 60, 2000, 70_000]))),
    neighbours: packed.isWhole ? neighbours : [],
  };
}

type Made = { bytes: Buffer; neighbours: string[] };
type Kind = (random: Random, mutations: string[]) => Made;

/** A fixture, or several joined in one of the ways that are found, with damaged bytes. */
const damagedBytes: Kind = (random, mutations) => {
  const joint = random.pick(['', '\n', '\r\n', '\r', ' ', '\n\n', ',\n', '\ufeff']);
  const count = random.between(1, 3);
  const stream = Array.from({ length: count }, () => random.pick(SEEDS).bytes.toString().trim());
  const text = random.chance(0.1) ? `[${stream.join(',')}]` : stream.join(joint);
  return { bytes: damaged(Buffer.from(text), random, mutations), neighbours: [] };
};

function damaged(bytes: Buffer, random: Random, mutations: string[]): Buffer {
  let now = bytes;
  for (let left = random.between(1, random.pick([1, 2, 6])); left > 0; left--) {
    const name = random.pick(Object.keys(BYTE_MUTATIONS));
    mutations.push(name);
    now = BYTE_MUTATIONS[name]?.(now, random, random.pick(SEEDS).bytes) ?? now;
  }
  return now;
}

function bent(random: Random, mutations: string[]): string {
  const names = Array.from({ length: random.between(1, random.pick([1, 2, 5])) }, () =>
    random.pick(Object.keys(RECORD_MUTATIONS)),
  );
  mutations.push(...names);
  let text = mutateRecord(random.pick(RECORD_TEXTS), names, random);
  for (let levels = random.pick([0, 0, 0, 1, 1, 2, 3, 4]); levels > 0; levels--) {
    const name = random.pick(Object.keys(WRAPS));
    mutations.push(name);
    text = WRAPS[name]?.(text, random) ?? text;
    // envelopes in envelopes double their backslashes each time
    if (text.length > 200_000) break;
  }
  return text;
}

const sound = (id: string): string =>
  `{"eventType":"Open","mail":{"timestamp":"2026-03-02T08:15:30.120Z","messageId":${JSON.stringify(id)},"destination":["reader@example.org"]},"open":{"timestamp":"2026-03-02T09:00:00.000Z","ipAddress":"192.0.2.1","userAgent":"x"}}`;

/** One to three bent records, each on a line, between two sound ones. */
const betweenNeighbours: Kind = (random, mutations) => {
  const middle = Array.from({ length: random.pick([1, 1, 2, 3]) }, () => {
    const text = bent(random, mutations);
    return random.chance(0.4) ? damaged(Buffer.from(text), random, mutations) : Buffer.from(text);
  });
  const [before, behind] = ['sound-before', 'sound-behind'];
  const lineEnd = Buffer.from(random.pick(['\n', '\n', '\r\n']));
  const lines = [Buffer.from(sound(before)), ...middle, Buffer.from(sound(behind))];
  return { bytes: Buffer.concat(lines.flatMap((line) => [line, lineEnd])), neighbours: [before, behind] };
};

const bentStream: Kind = (random, mutations) => {
  const joint = random.pick([
    '',
    '\n',
    ' ',
    ',',
    '\n\n',
    '|',
    '\u001e',
    '\0',
    '\\n',
    '\tkey\t',
    '\n2026-09-01T10:00:00Z ',
  ]);
  const texts = Array.from({ length: random.between(1, 4) }, () => bent(random, mutations));
  return { bytes: Buffer.from(random.chance(0.15) ? `[${texts.join(joint)}]` : texts.join(joint)), neighbours: [] };
};

/** A small piece very often, so that whatever takes the square of the length shows. */
const repeated: Kind = (random, mutations) => {
  mutations.push('repeated');
  const piece = Buffer.from(random.pick(UNITS));
  const unit = (random.chance(0.5) ? piece : damaged(piece, random, mutations)).toString('latin1');
  const end = random.pick(['', '\n', '"}', '}', ']']);
  const times = Math.min(random.pick([100, 100, 1000, 8000]), Math.ceil(MOST_REPEATED / (unit.length + 1)));
  const text = random.pick(['', '[', '{"a":"', '\n']) + unit.repeat(times) + end;
  return { bytes: Buffer.from(text, 'latin1'), neighbours: [] };
};

/** bytes */
const MOST_REPEATED = 250_000;

const UNITS = [
  ...[
    '{"a":1}',
    '{"a":1}\r',
    '{"a":1} ',
    '{"a":1}\n',
    '{"a":',
    '{"a":[\n',
    '{"a":"\n',
    '[',
    '{',
    '}',
    '"',
    '\\',
    ' ',
    '\n',
    ',',
  ],
  ...[
    '{"mail":1},',
    '{"event_type":"x"',
    '}{',
    '"}{"',
    '[{"a":1},',
    '\0',
    '\ufeff',
    'x\n',
    '{"name":"a","value":"b"},',
    '\n{"',
  ],
  ...[
    'Successfully validated SNS topic for Amazon SES event publishing.\n',
    '{"Message":"',
    '{}',
    '{"a":1},\n',
    'a {"a":1}',
    '{""a"":1}',
    '{\\"a\\":1}',
    '{"a":1}|',
    '[x] ',
    '1e',
    '-',
  ],
];

const foreign: Kind = (random, mutations) => {
  mutations.push('foreign');
  const heads = [
    '\x89PNG',
    'PAR1',
    '\xff\xfe{\0"\0',
    '{\0"\0',
    '\0{\0"',
    'a,b,c\n1,2,3\n',
    '%PDF-',
    'BZh9',
    '\x1f\x8b',
    '',
  ];
  const noise = Buffer.from(Array.from({ length: random.below(600) }, () => random.below(256)));
  return { bytes: Buffer.concat([Buffer.from(random.pick(heads), 'latin1'), noise]), neighbours: [] };
};

const KINDS: readonly (readonly [Kind, number])[] = [
  [betweenNeighbours, 45],
  [damagedBytes, 25],
  [bentStream, 22],
  [repeated, 1.5],
  [foreign, 6],
];

function packedOrNot(bytes: Buffer, random: Random, mutations: string[]): { bytes: Buffer; isWhole: boolean } {
  if (random.chance(0.72)) return { bytes, isWhole: true };
  const isWhole = random.chance(0.5);
  const packings = isWhole ? SOUND_PACKINGS : DAMAGED_PACKINGS;
  const name = random.pick(Object.keys(packings));
  mutations.push(name);
  return { bytes: packings[name]?.(bytes, random) ?? bytes, isWhole };
}
