/** Mutations of bytes: what disks, networks, cut-off writes and careless joins do. */
import type { Random } from '#generate/sender/random.ts';

export type ByteMutation = (bytes: Buffer, random: Random, other: Buffer) => Buffer;

const at = (bytes: Buffer, random: Random): number => random.below(bytes.length + 1);

const inserted = (bytes: Buffer, place: number, what: Uint8Array): Buffer =>
  Buffer.concat([bytes.subarray(0, place), what, bytes.subarray(place)]);

const insert =
  (...options: readonly (string | Buffer)[]): ByteMutation =>
  (bytes, random) =>
    inserted(bytes, at(bytes, random), Buffer.from(random.pick(options)));

/** A place where structure is decided, so that mutations don't all fall into the middle of a text. */
const structural = (bytes: Buffer, random: Random): number => {
  const start = random.below(bytes.length + 1);
  for (let i = start; i < Math.min(bytes.length, start + 80); i++) if (STRUCTURE.has(bytes[i] ?? 0)) return i;
  return start;
};
const STRUCTURE = new Set(Buffer.from('{}[]",:\\'));

export const BYTE_MUTATIONS: Readonly<Record<string, ByteMutation>> = {
  flip: (bytes, random) => {
    const copy = Buffer.from(bytes);
    if (copy.length > 0) {
      const place = random.below(copy.length);
      copy[place] = (copy[place] ?? 0) ^ (1 << random.below(8));
    }
    return copy;
  },
  byte: (bytes, random) => {
    const copy = Buffer.from(bytes);
    if (copy.length > 0) copy[random.below(copy.length)] = random.below(256);
    return copy;
  },
  cutEnd: (bytes, random) => bytes.subarray(0, at(bytes, random)),
  cutStart: (bytes, random) => bytes.subarray(at(bytes, random)),
  remove: (bytes, random) => {
    const from = structural(bytes, random);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + 1 + random.below(random.pick([1, 8, 100])))]);
  },
  repeat: (bytes, random) => {
    const from = at(bytes, random);
    return inserted(bytes, from, bytes.subarray(from, from + random.below(200)));
  },
  splice: (bytes, random, other) => {
    const from = at(other, random);
    return inserted(bytes, at(bytes, random), other.subarray(from, from + random.below(300)));
  },
  crossover: (bytes, random, other) =>
    Buffer.concat([bytes.subarray(0, at(bytes, random)), other.subarray(at(other, random))]),
  nul: insert('\0', '\0\0\0\0'),
  control: insert('\t', '\x01', '\x1b[31m', '\x7f', '\r'),
  mark: insert('\ufeff', Buffer.from([0xef, 0xbb]), Buffer.from([0xff, 0xfe])),
  notUtf8: insert(
    ...[[0xff], [0xc3], [0xe2, 0x28, 0xa1], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0x80]].map((bytes) =>
      Buffer.from(bytes),
    ),
  ),
  brace: (bytes, random) =>
    inserted(bytes, structural(bytes, random), Buffer.from(random.pick(['{', '}', '[', ']', '{"', '"}', '}{', '][']))),
  quote: (bytes, random) =>
    inserted(bytes, structural(bytes, random), Buffer.from(random.pick(['"', '\\', '\\"', '\\\\', '\\u', '\\ud800']))),
  line: (bytes, random) =>
    inserted(bytes, structural(bytes, random), Buffer.from(random.pick(['\n', '\r\n', '\r', '\n\n', '\u2028', ',\n']))),
  space: (bytes, random) =>
    inserted(bytes, structural(bytes, random), Buffer.from(random.pick([' ', '\n', '\t']).repeat(random.below(200)))),
  separator: (bytes, random) =>
    inserted(bytes, structural(bytes, random), Buffer.from(random.pick([',', ':', ',,', '1', 'null', 'NaN', '-']))),
  looksLikeRecord: insert(
    '{"event_type":"',
    '\n{"eventType":"Send"',
    '{"Type":"Notification","Message":',
    '\nSuccessfully validated SNS topic for Amazon SES event publishing.\n',
    '{"Records":[',
    '{}',
  ),
};
