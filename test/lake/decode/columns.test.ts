import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { clicks } from '#lake/tables/clicks.ts';
import { events } from '#lake/tables/events.ts';
import { headers } from '#lake/tables/headers.ts';
import { columnNames, type Table } from '#lake/tables/table.ts';
import { type Collected, decodeTexts } from './collect.ts';
import { fixture } from './fixture.ts';

const FOLDER = `${import.meta.dirname}/../../fixtures/none`;
const published = globSync(`${FOLDER}/*.raw`)
  .toSorted()
  .map((file) => readFileSync(file, 'utf8').trim());

const LINK = 'https://example.com/a?utm_source=1&utm_medium=2&utm_campaign=3&utm_term=4&utm_content=5';
const OTHER = [{ emailAddress: 'forwarded@example.net' }];
const DIMENSIONS = ['team', 'template', 'language', 'batch', 'ses:operation'];

/** Each event type, with tags for every column that a tag can fill, and what only some records say. */
const records = [
  ...published,
  ...['ses-send', 'ses-click', 'ses-open'].map((name) =>
    JSON.stringify(
      fixture(name, (record) => {
        const tags = Object.fromEntries(DIMENSIONS.map((tag) => [tag, [`${tag}-value`]]));
        Object.assign(record.mail.tags, tags, {
          'ses:tenant-name': ['acme'],
          'ses:outgoing-ip': ['192.0.2.7'],
          campaign_activity_id: ['a1'],
          journey_id: ['j1'],
          journey_run_id: ['r1'],
          journey_activity_id: ['ja1'],
          treatment_id: ['1'],
          campaign: ['c1'],
        });
        if (name === 'ses-click') Object.assign(record.click, { isBotEvent: 'Likely', link: LINK });
      }),
    ),
  ),
  JSON.stringify(
    fixture('ses-bounce-permanent', (record) => Object.assign(record.bounce, { bouncedRecipients: OTHER })),
  ),
  JSON.stringify(fixture('ses-complaint', (record) => Object.assign(record.complaint, { complaintSubType: 'x' }))),
];

/** Each about a mail of its own, so that none is a repeat of another. */
const full = records.map((text, place) => text.replace(/("message_?[iI]d": ?")/, `$1${place}-`));

const unfilled = (table: Table, rows: readonly object[]): string[] => {
  const filled = new Set(
    rows.flatMap((row) => Object.entries(row).flatMap(([name, value]) => (value === null ? [] : [name]))),
  );
  return columnNames(table).filter((name) => !filled.has(name));
};

describe('a column that is declared', () => {
  test('is filled by some event: else the decoder has forgotten it', () => {
    const rows = decodeTexts(full, { dimensions: DIMENSIONS });
    expect(unfilled(events, rows.events)).toEqual([]);
    expect(unfilled(clicks, rows.clicks)).toEqual([]);
    expect(unfilled(headers, rows.headers)).toEqual([]);
  });

  test('is there in every row, in declared order', () => {
    const rows = decodeTexts(full);
    for (const row of rows.events) expect(Object.keys(row)).toEqual(columnNames(events));
    for (const row of rows.clicks) expect(Object.keys(row)).toEqual(columnNames(clicks));
    for (const row of rows.headers) expect(Object.keys(row)).toEqual(columnNames(headers));
  });

  test('holds nothing of the record before', () => {
    const settings = { dimensions: DIMENSIONS };
    const rowsOf = ({ events: e, headers: h, clicks: c }: Collected) => ({ e, h, c });
    const alone = full.map((text) => rowsOf(decodeTexts([text], settings, { sourceOrdinal: 0 })));
    for (const before of full) {
      for (const [place, text] of full.entries()) {
        if (before === text) continue;
        const first = decodeTexts([before], settings);
        const both = decodeTexts([before, text], settings, { sourceOrdinal: 0 });
        const after = {
          e: both.events.slice(first.events.length),
          h: both.headers.slice(first.headers.length),
          c: both.clicks.slice(first.clicks.length),
        };
        expect(after).toEqual(alone[place]);
      }
    }
  });
});
