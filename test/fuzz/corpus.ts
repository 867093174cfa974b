/** What mutations start from: the fixtures, as bytes and as parsed records. */
import { globSync, readFileSync } from 'node:fs';

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

/** Every raw fixture, in order of name. */
export const SEEDS: readonly Seed[] = read(
  '{none,wild,sns,sns-object,sqs-sns,lambda,eventbridge,firehose-error}/*.raw',
);

/** One record a text: every event type of both sources. */
export const RECORD_TEXTS: readonly string[] = read('none/*.raw').map(({ bytes }) => bytes.toString().trim());
