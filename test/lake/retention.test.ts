import { expect, test } from 'vitest';
import { retentionProblems } from '#lake/retention.ts';

const needed = { attributionDays: 30, reportDays: 7 };
const DAYS = { events: 40, headers: 30, clicks: 30, recipient_messages: 40, quarantine: 30 };

test('a table is kept for as long as other steps look back at it, and raw data until late objects are found', () => {
  expect(retentionProblems({}, needed)).toEqual([]);
  expect(retentionProblems({ rawDays: 30, days: DAYS }, needed)).toEqual([]);
  expect(retentionProblems({ days: { ...DAYS, events: null, recipient_messages: 5000 } }, needed)).toEqual([]);
  for (const [table, kept] of Object.entries(DAYS)) {
    expect(retentionProblems({ days: { ...DAYS, [table]: kept - 1 } }, needed)).toEqual([
      expect.stringContaining(`days.${table}: ${kept - 1} days are too few, it is needed for ${kept}: `),
    ]);
  }
  expect(retentionProblems({ rawDays: 29 }, needed)).toEqual([expect.stringContaining('rawDays: 29 days are too few')]);
});

test('the attribution window and the report that is mailed decide', () => {
  const long = { attributionDays: 90, reportDays: 92 };
  expect(retentionProblems({ days: DAYS }, long)).toEqual([
    expect.stringMatching(/^days.events: 40 .* needed for 100: a send day .* the 90 days after it/),
    expect.stringMatching(/^days.recipient_messages: 40 .* needed for 194: the report is about 92 days/),
  ]);
  expect(retentionProblems({ days: { ...DAYS, events: 29 } }, { attributionDays: 3, reportDays: 7 })).toEqual([
    expect.stringMatching(/^days.events: 29 .* needed for 30: alerts and reports look back four weeks/),
  ]);
});
