/** The inputs from which mutations start: the fixtures, as bytes and as parsed records. */
import { globSync, readFileSync } from 'node:fs';
import { ENVELOPES, wrapped } from '#test/envelopes.ts';

const FOLDER = `${import.meta.dirname}/../fixtures`;

export interface Seed {
  /** path below fixtures */
  name: string;
  bytes: Buffer;
}

const read = (pattern: string): Seed[] =>
  globSync(pattern, { cwd: FOLDER })
    .toSorted()
    .map((name) => ({ name, bytes: readFileSync(`${FOLDER}/${name}`) }));

const published = read('none/*.raw');

/** Every raw fixture, and each record of `none` in every envelope. */
export const SEEDS: readonly Seed[] = [
  ...read('{none,wild}/*.raw'),
  ...ENVELOPES.flatMap((envelope) =>
    published.map(({ name, bytes }) => ({
      name: name.replace('none', envelope),
      bytes: wrapped(bytes.toString(), envelope),
    })),
  ),
];

/** One record a text: every event type of both sources. */
export const RECORD_TEXTS: readonly string[] = published.map(({ bytes }) => bytes.toString().trim());
