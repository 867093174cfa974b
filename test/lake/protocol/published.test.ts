import { expect, test } from 'vitest';
import { type SeenScope, seenBefore, typesShown, unionOf } from '#lake/protocol/published.ts';
import { publishedRows } from '#lake/steps/rollup/relations.ts';

test('an event shows its type, and a click on the unsubscribe link an unsubscribe', () => {
  expect(typesShown('delivered', null)).toEqual(['delivered']);
  expect(typesShown('click', false)).toEqual(['click']);
  expect(typesShown('click', true)).toEqual(['click', 'unsubscribe']);
  expect(typesShown('hard_bounce', null)).toEqual([]);
});

test('what was seen in several lists is each scope once, in order whatever theirs was', () => {
  const one: SeenScope[] = [
    { scope: 'news', types: ['open', 'send'] },
    { scope: '', types: ['send'] },
  ];
  const two: SeenScope[] = [{ scope: 'news', types: ['click', 'open'] }];
  const all = [
    { scope: '', types: ['send'] },
    { scope: 'news', types: ['send', 'open', 'click'] },
  ];
  expect(unionOf([one, two])).toEqual(all);
  expect(unionOf([two, one])).toEqual(all);
});

test('a type is published for mail of the 28 days that begin with the day on which it was seen', () => {
  const days = new Map<string, SeenScope[]>([['2026-03-01', [{ scope: 'news', types: ['open'] }]]]);
  expect(seenBefore(days, '2026-02-28')).toEqual([]);
  expect(seenBefore(days, '2026-03-01')).toEqual(days.get('2026-03-01'));
  expect(seenBefore(days, '2026-03-28')).toEqual(days.get('2026-03-01'));
  expect(seenBefore(days, '2026-03-29')).toEqual([]);
});

test('the rollup gets a row for each run of send days alike, and none at all where they would not fit', () => {
  const seen = (...types: SeenScope['types']): SeenScope[] => [{ scope: "o'hara", types }];
  expect(
    publishedRows([
      { dt: '2026-03-01', published: seen('send') },
      { dt: '2026-03-02', published: seen('send') },
      { dt: '2026-03-03', published: seen('send', 'open') },
      { dt: '2026-03-05', published: seen('send') },
    ]),
  ).toBe(
    `select * from (values ${[
      "('o''hara', date '2026-03-01', date '2026-03-02', true, false, false, false, false, false)",
      "('o''hara', date '2026-03-05', date '2026-03-05', true, false, false, false, false, false)",
      "('o''hara', date '2026-03-03', date '2026-03-03', true, false, true, false, false, false)",
    ].join(
      ', ',
    )}) as listed (scope, first_send_date, last_send_date, has_sends, has_deliveries, has_opens, has_clicks, has_unsubscribes, has_complaints)`,
  );
  const many = Array.from({ length: 5000 }, (_, at): SeenScope => ({ scope: `tenant-${at}`, types: ['send'] }));
  expect(publishedRows([{ dt: '2026-03-01', published: many }]).length).toBeLessThan(1000);
  expect(publishedRows([])).toContain("values ('', date '1970-01-01'");
});
