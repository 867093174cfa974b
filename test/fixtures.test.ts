import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { clicks } from '#lake/tables/clicks.ts';
import { events } from '#lake/tables/events.ts';
import { headers } from '#lake/tables/headers.ts';
import type { Table } from '#lake/tables/table.ts';
import { ENVELOPES, wrapped } from '#test/envelopes.ts';
import { type Collected, decodeObject } from '#test/lake/decode/collect.ts';

const FOLDER = `${import.meta.dirname}/fixtures`;
/** Where a copy came from and when, which the fixtures don't tell. */
const OF_THE_COPY = new Set(['attempt', 'source_key', 'delivered_to_lake_at']);

/** A row as the expected files have it: columns that hold something, times as ISO 8601. */
const legible = (table: Table, row: object): object =>
  Object.fromEntries(
    Object.entries(row)
      .filter(([name, value]) => value !== null && !OF_THE_COPY.has(name))
      .map(([name, value]) => {
        if (table.columns[name]?.type === 'timestamp') return [name, new Date(value).toISOString()];
        return [name, typeof value === 'bigint' ? value.toString() : value];
      }),
  );

const expectation = ({ events: rows, headers: headerRows, clicks: clickRows, verdicts }: Collected): object => ({
  events: rows.map((row) => legible(events, row)),
  headers: headerRows.map((row) => legible(headers, row)),
  clicks: clickRows.map((row) => legible(clicks, row)),
  duplicates: verdicts.filter(({ is }) => is === 'duplicate').length,
  skipped: verdicts.flatMap((verdict) => (verdict.is === 'skipped' ? [verdict.type] : [])),
  quarantined: verdicts.flatMap((verdict) => (verdict.is === 'quarantined' ? [[verdict.reason, verdict.detail]] : [])),
});

const raw = globSync(`${FOLDER}/*/*.raw`).toSorted();

const expectedOf = (file: string): unknown => JSON.parse(readFileSync(file.replace(/raw$/, 'json'), 'utf8'));

test.each(raw.map((file) => [file.slice(FOLDER.length + 1), file]))('%s gives the rows beside it', async (_, file) => {
  const actual = expectation(await decodeObject(readFileSync(file)));
  if (process.env.UPDATE_FIXTURES === '1') {
    writeFileSync(file.replace(/raw$/, 'json'), `${JSON.stringify(actual, null, 1)}\n`);
  }
  expect(actual).toEqual(expectedOf(file));
});

const published = raw.filter((file) => file.includes('/none/'));

test.each(ENVELOPES.flatMap((envelope) => published.map((file) => [basename(file), envelope, file] as const)))(
  '%s gives the same rows when it comes in the envelope %s',
  async (_, envelope, file) => {
    const actual = expectation(await decodeObject(wrapped(readFileSync(file, 'utf8'), envelope)));
    expect(actual).toEqual(expectedOf(file));
  },
);
