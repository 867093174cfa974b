import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generate } from '#generate/index.ts';
import { HOUR_MS } from '#lake/days.ts';
import { generated, keysIn, modifiedOf } from './folder.ts';

const digest = (folder: string): string => {
  const hash = createHash('sha256');
  for (const key of keysIn(folder))
    hash.update(`${key} ${modifiedOf(folder, key)} `).update(readFileSync(join(folder, key)));
  return hash.digest('hex');
};

describe('generate', () => {
  it('makes the same bytes, names, times and truth from the same seed, and others from another', async () => {
    const options = { messages: 400, days: 10, dirty: true, dates: 20 };
    const make = (seed: number) =>
      generated({ ...options, seed }, ({ folder, truth }) => ({ digest: digest(folder), truth }));
    const [once, again, other] = [await make(5), await make(5), await make(6)];
    expect(again).toEqual(once);
    expect(other.digest).not.toBe(once.digest);
  });

  it('names objects as Firehose does, of both sources, mostly but not always compressed', async () => {
    await generated({ messages: 800, days: 15, seed: 2 }, ({ folder, summary }) => {
      const keys = keysIn(folder);
      expect(summary.objects).toBe(keys.length);
      const named =
        /^(ses|ses\/processing-failed|pinpoint)\/(\d{4}\/\d\d\/\d\d\/\d\d)\/[a-z]+-[a-z]+-1-(\d{4}(-\d\d){5})-[0-9a-f-]{36}(\.gz)?$/;
      for (const key of keys) {
        const [, , hour = '', time = ''] = named.exec(key) ?? [];
        expect(time.slice(0, 13), key).toBe(hour.replaceAll('/', '-'));
      }
      const share = (part: (key: string) => boolean): number => keys.filter(part).length / keys.length;
      expect(share((key) => key.startsWith('pinpoint/'))).toBeGreaterThan(0.2);
      expect(share((key) => key.startsWith('ses/'))).toBeGreaterThan(0.2);
      expect(share((key) => key.endsWith('.gz'))).toBeGreaterThan(0.85);
      expect(share((key) => key.endsWith('.gz'))).toBeLessThan(1);
    });
  });

  it('delivers some objects hours or days late, into their old hour', async () => {
    await generated({ messages: 1500, days: 15, seed: 3 }, ({ folder }) => {
      const lateness = keysIn(folder).map((key) => {
        const [, time = ''] = /-1-(\d{4}-\d\d-\d\d-\d\d)/.exec(key) ?? [];
        const hour = Date.parse(`${time.slice(0, 10)}T${time.slice(11)}:00:00Z`);
        return (modifiedOf(folder, key) - hour) / HOUR_MS;
      });
      expect(lateness.every((hours) => hours >= 0)).toBe(true);
      expect(lateness.some((hours) => hours > 24)).toBe(true);
      expect(lateness.filter((hours) => hours > 12).length / lateness.length).toBeLessThan(0.08);
    });
  });

  it('writes an hour as soon as it is over, so that memory does not grow with the number of messages', async () => {
    const out = mkdtempSync(join(tmpdir(), 'maillake-stream-'));
    try {
      let halfway = 0;
      let told = 0;
      const { objects } = await generate({
        out,
        messages: 600,
        days: 12,
        seed: 4,
        onProgress({ messages, of }) {
          expect(of).toBe(600);
          expect(messages).toBeGreaterThan(told);
          told = messages;
          if (halfway === 0 && messages >= of / 2) halfway = keysIn(out).length;
        },
      });
      expect(told).toBe(600);
      expect(halfway / objects).toBeGreaterThan(0.25);
    } finally {
      rmSync(out, { recursive: true, force: true });
    }
  });

  it('sends exactly the messages asked for, on the days asked for', async () => {
    await generated({ messages: 777, days: 9, seed: 8, end: '2026-03-31' }, ({ summary, truth }) => {
      expect(summary).toMatchObject({ messages: 777, first_day: '2026-03-23', last_day: '2026-03-31' });
      const dates = truth.facts.map((fact) => fact.send_date).sort();
      expect([dates.at(0), dates.at(-1)]).toEqual(['2026-03-23', '2026-03-31']);
      expect(['2026-03-29', '2026-03-30', '2026-03-31']).toContain(truth.incident?.date);
    });
  });

  it.each([
    [{ messages: 0 }, /messages must be a whole number from 1: 0/],
    [{ days: 1.5 }, /days must be a whole number from 1: 1.5/],
    [{ seed: -1 }, /seed must be a whole number from 0: -1/],
    [{ end: '2026-02-30' }, /not a date like 2026-10-30: 2026-02-30/],
  ])('refuses %j before it writes anything', async (wrong, message) => {
    const options = { out: '/nowhere/at/all', messages: 10, days: 5, seed: 1, ...wrong };
    await expect(generate(options)).rejects.toThrow(message);
  });
});
