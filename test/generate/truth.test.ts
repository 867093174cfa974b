import { describe, expect, it } from 'vitest';
import type { Truth } from '#generate/index.ts';
import { FACT_COUNTS } from '#generate/truth/facts.ts';
import { generated } from './folder.ts';
import { type ObjectSeen, readFolder, type Seen } from './reading.ts';

const sumsOf = <T>(list: Iterable<T>, key: (one: T) => string, value: (one: T) => number): Record<string, number> => {
  const sums: Record<string, number> = {};
  for (const one of list) sums[key(one)] = (sums[key(one)] ?? 0) + value(one);
  return sums;
};

/** What a fault's expectations say of one object: repeats are read like any other record. */
const expectedOf = (truth: Truth, key: string): Record<string, number> =>
  sumsOf(
    truth.faults.filter((fault) => fault.key === key && fault.n > 0),
    ({ expect }) => (expect === 'repeats' ? 'rows' : expect),
    ({ n }) => n,
  );

const foundIn = (object: ObjectSeen | undefined): Record<string, number> => ({
  ...(object === undefined || object.rows > 0 ? { rows: object?.rows ?? Number.NaN } : {}),
  ...Object.fromEntries(Object.entries(object?.skipped ?? {}).map(([type, n]) => [`skipped ${type}`, n])),
  ...Object.fromEntries(Object.entries(object?.quarantined ?? {}).map(([reason, n]) => [`Q ${reason}`, n])),
});

const eventsOf = (seen: Seen): Record<string, number> =>
  sumsOf(
    seen.events.values(),
    ({ date, campaign, type, key }) => JSON.stringify([date, campaign, type, key !== null]),
    () => 1,
  );

describe('the ground truth', () => {
  it.each([1, 2, 3])(
    'of dirty seed %i is what reading and decoding the folder finds, to the last record',
    async (seed) => {
      await generated({ messages: 800, days: 15, seed, dirty: true }, async ({ folder, truth, summary }) => {
        const seen = await readFolder(folder);
        const { quality } = truth;
        expect(seen.records).toBe(quality.records);
        expect(seen.accepted).toBe(quality.distinct + quality.repeats);
        expect(seen.skipped).toEqual(quality.skipped);
        expect(seen.quarantined).toEqual(quality.quarantined);
        const rows = { events: seen.events.size, headers: seen.headers.size, clicks: seen.clicks.size };
        expect(rows).toEqual(quality.rows);
        expect(seen.objects.size).toBe(summary.objects);
        const expected = sumsOf(
          truth.events,
          (e) => JSON.stringify([e.event_date, e.campaign_id, e.event_type, e.mailbox_provider !== null]),
          (e) => e.events,
        );
        expect(eventsOf(seen)).toEqual(expected);
        for (const key of new Set(truth.faults.map((fault) => fault.key)))
          expect(foundIn(seen.objects.get(key)), key).toEqual(expectedOf(truth, key));
      });
    },
  );

  it('has every fault from 1 to 38, the bomb only on demand', async () => {
    await generated({ messages: 50, days: 3, seed: 1, dirty: true, dates: 5 }, ({ truth }) => {
      const rows = [...new Set(truth.faults.map((fault) => fault.row))].sort((a, b) => a - b);
      expect(rows).toEqual(Array.from({ length: 38 }, (_, row) => row + 1).filter((row) => row !== 13));
    });
  });

  it('with the bomb has an object that is small until someone unpacks it', async () => {
    await generated({ messages: 50, days: 3, seed: 1, dirty: true, dates: 0, bomb: true }, ({ truth, summary }) => {
      expect(truth.faults.filter((fault) => fault.row === 13)).toMatchObject([{ expect: 'Q too_large', n: 1 }]);
      expect(summary.bytes).toBeLessThan(20e6);
    });
  });

  it('keeps its own laws', async () => {
    await generated({ messages: 2000, days: 14, seed: 9, dirty: true }, ({ truth }) => {
      const { quality, facts, headline } = truth;
      const total = (counts: Record<string, number>) => Object.values(counts).reduce((a, b) => a + b, 0);
      expect(quality.records).toBe(
        quality.distinct + quality.repeats + total(quality.skipped) + total(quality.quarantined),
      );
      for (const name of FACT_COUNTS) expect(headline[name]).toBe(facts.reduce((sum, fact) => sum + fact[name], 0));
      for (const fact of facts) {
        expect(fact.delivered).toBeLessThanOrEqual(fact.sent);
        expect(fact.trackable_delivered).toBeLessThanOrEqual(fact.delivered);
        expect(fact.unique_human_opens).toBeLessThanOrEqual(fact.unique_opens);
        expect(fact.unique_opens).toBeLessThanOrEqual(Math.min(fact.total_opens, fact.trackable_delivered));
        expect(fact.unique_human_clicks).toBeLessThanOrEqual(fact.unique_clicks);
        expect(fact.unique_clicks).toBeLessThanOrEqual(Math.min(fact.total_clicks, fact.trackable_delivered));
        expect(fact.suppressed_bounces).toBeLessThanOrEqual(fact.hard_bounces);
        expect(fact.reputation_sent).toBe(fact.sent - fact.suppressed_bounces);
      }
      expect(truth.events.reduce((sum, { events }) => sum + events, 0)).toBe(quality.rows.events);
      const clicks = truth.links.reduce((sum, link) => sum + link.clicks, 0);
      expect(clicks).toBe(truth.events.reduce((sum, e) => sum + (e.event_type === 'click' ? e.events : 0), 0));
      for (const link of truth.links) {
        expect(link.human_clicks).toBeLessThanOrEqual(link.clicks);
        expect(link.unique_human_clicks).toBeLessThanOrEqual(Math.min(link.unique_clicks, link.human_clicks));
      }
    });
  });
});
