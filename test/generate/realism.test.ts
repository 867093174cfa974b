import { readFileSync } from 'node:fs';
import { isbot } from 'isbot';
import { describe, expect, it } from 'vitest';
import { HONEST_BOT, PERSONAL_AGENTS } from '#generate/sender/agents.ts';
import { localHour } from '#generate/sender/calendar.ts';
import { PROVIDERS } from '#generate/sender/providers.ts';
import { Random } from '#generate/sender/random.ts';
import type { Fact } from '#generate/truth/ledger.ts';
import { generated } from './folder.ts';

const sum = (facts: readonly Fact[], name: keyof Fact): number =>
  facts.reduce((total, fact) => total + Number(fact[name]), 0);

describe('the quarter that is generated', () => {
  it('has rates, sources, machines and an incident as a real sender has them', async () => {
    await generated({ messages: 6000, days: 21, seed: 11 }, ({ truth, summary }) => {
      const { facts, headline, incident } = truth;
      if (incident === null) throw new Error('no incident');
      expect(summary.events / summary.messages).toBeGreaterThan(2.5);
      const rate = (part: number, whole: number): number => part / whole;
      expect(rate(headline.delivered, headline.sent)).toBeGreaterThan(0.93);
      expect(rate(headline.delivered, headline.sent)).toBeLessThan(0.99);
      expect(rate(headline.hard_bounces, headline.sent)).toBeGreaterThan(0.008);
      expect(rate(headline.hard_bounces, headline.sent)).toBeLessThan(0.04);
      expect(rate(headline.unique_opens, headline.trackable_delivered)).toBeGreaterThan(0.35);
      expect(rate(headline.unique_human_opens, headline.unique_opens)).toBeLessThan(0.85);
      expect(rate(headline.unique_human_clicks, headline.trackable_delivered)).toBeGreaterThan(0.05);
      expect(rate(headline.unique_human_clicks, headline.trackable_delivered)).toBeLessThan(0.2);
      expect(rate(headline.complaints, headline.feedback_delivered)).toBeLessThan(0.01);
      for (const name of ['unsubscribes', 'simulator_messages', 'delayed', 'suppressed_bounces'] as const)
        expect(headline[name], name).toBeGreaterThan(0);

      const struck = facts.filter(
        (fact) =>
          fact.send_date === incident.date &&
          fact.mailbox_provider === incident.provider &&
          fact.from_domain === incident.from_domain,
      );
      const spared = facts.filter((fact) => fact.mailbox_provider === incident.provider && !struck.includes(fact));
      expect(sum(struck, 'sent')).toBeGreaterThan(5);
      expect(rate(sum(struck, 'hard_bounces'), sum(struck, 'sent'))).toBeGreaterThan(0.6);
      expect(rate(sum(spared, 'hard_bounces'), sum(spared, 'sent'))).toBeLessThan(0.05);

      const gmail = facts.filter((fact) => fact.mailbox_provider === 'gmail');
      expect(sum(gmail, 'delivered')).toBeGreaterThan(1000);
      expect(sum(gmail, 'complaints') + sum(gmail, 'feedback_delivered')).toBe(0);
    });
  });

  it('moves from Pinpoint to SES but has both all along', async () => {
    await generated({ messages: 1500, days: 60, seed: 12 }, ({ truth }) => {
      const isPinpoint = (fact: Fact): boolean => fact.configuration_set === null && fact.sends_without_event === 0;
      const share = (from: string, to: string): number => {
        const during = truth.facts.filter((fact) => fact.send_date >= from && fact.send_date <= to);
        return sum(during.filter(isPinpoint), 'sent') / sum(during, 'sent');
      };
      expect(share('2026-09-01', '2026-09-15')).toBeGreaterThan(0.45);
      const late = share('2026-10-16', '2026-10-30');
      expect(late).toBeGreaterThan(0);
      expect(late).toBeLessThan(0.45);
    });
  });

  it('knows the providers as the seed does', () => {
    const [, ...lines] = readFileSync(new URL('../../sql/seeds/mailbox_providers.csv', import.meta.url), 'utf8')
      .trim()
      .split('\n');
    const seed = lines.map((line) => line.split(','));
    for (const provider of PROVIDERS)
      for (const [domain] of provider.domains) {
        const found = seed.find(([pattern = '']) =>
          pattern.endsWith('.*') ? domain.startsWith(pattern.slice(0, -1)) : domain === pattern,
        );
        expect([domain, found?.[1] ?? 'other', found?.[2] === 'true']).toEqual([
          domain,
          provider.name,
          provider.hasFeedback,
        ]);
      }
  });

  it('gives people agents that no bot list claims, and honest bots one that it does', () => {
    expect(PERSONAL_AGENTS.filter((agent) => isbot(agent))).toEqual([]);
    expect(isbot(HONEST_BOT)).toBe(true);
  });

  it('keeps Central European time, in summer and winter', () => {
    expect(localHour(Date.UTC(2026, 9, 25, 0, 30))).toBe(2);
    expect(localHour(Date.UTC(2026, 9, 25, 1, 30))).toBe(2);
    expect(localHour(Date.UTC(2026, 6, 1, 12))).toBe(14);
    expect(localHour(Date.UTC(2026, 2, 29, 1))).toBe(3);
  });
});

describe('the seeded random numbers', () => {
  it('depend on seed and path alone', () => {
    const draw = (...path: readonly number[]): number[] => {
      const random = new Random(7, ...path);
      return Array.from({ length: 4 }, () => random.word());
    };
    expect(draw(1, 2)).toEqual(draw(1, 2));
    expect(draw(1, 2)).not.toEqual(draw(2, 1));
    expect(draw(1, 2)).not.toEqual(draw(1, 2, 0));
    expect(draw(1, 2)).not.toEqual(draw(1, 2 + 2 ** 32));
  });

  it('are even, and as rare or likely as asked', () => {
    const random = new Random(99);
    const n = 20_000;
    const draws = Array.from({ length: n }, () => random.unit());
    expect(draws.reduce((a, b) => a + b, 0) / n).toBeCloseTo(0.5, 1);
    expect(draws.every((draw) => draw >= 0 && draw < 1)).toBe(true);
    const heads = Array.from({ length: n }, () => random.chance(0.2)).filter(Boolean).length;
    expect(heads / n).toBeCloseTo(0.2, 1);
    const waits = Array.from({ length: n }, () => random.wait(1000)).reduce((a, b) => a + b, 0) / n;
    expect(waits / 1000).toBeCloseTo(1, 1);
  });
});
