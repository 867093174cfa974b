/** Loads a record of test/fixtures/none and changes what a test needs. */
import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

// biome-ignore lint/suspicious/noExplicitAny: tests reach into records that have any shape, and bend them
export type AnyRecord = any;

const FOLDER = new URL('../../fixtures/none', import.meta.url).pathname;

/** A fresh copy of a record from fixtures/none, with what the test changes. */
export const fixture = (name: string, change: (record: AnyRecord) => void = () => {}): AnyRecord => {
  const record: AnyRecord = JSON.parse(readFileSync(`${FOLDER}/${name}.raw`, 'utf8'));
  change(record);
  return record;
};

/** The names of all of them. */
export const FIXTURES: readonly string[] = globSync(`${FOLDER}/*.raw`)
  .map((file) => basename(file, '.raw'))
  .toSorted();
