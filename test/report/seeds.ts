/**
 * What the report's first lines say of generated data: the incident where there is one, else nothing. By itself
 * (`node test/report/seeds.ts [seeds] [messages] [days]`) it tries many seeds with and without an incident, and
 * exits 1 if one is missed or made up.
 */
import { pathToFileURL } from 'node:url';
import { renderReport } from '#report/index.ts';
import { weekday } from '#report/numbers.ts';
import { providerName } from '#report/providers.ts';
import { generatedLake } from '#test/sql/generated-lake.ts';

export interface Told {
  /** the incidents that the report tells, in words */
  incidents: string[];
  /** what it says where there is none; null where there is one */
  calm: string | null;
  /** how the one that was generated must begin; null if there is none */
  expected: string | null;
}

export interface SeedOptions {
  seed: number;
  incident: boolean;
  messages: number;
  days: number;
}

/** Generates raw data, reads it with the real steps, and looks at the report's first lines. */
export async function toldOf({ seed, incident, messages, days }: SeedOptions): Promise<Told> {
  const { lake, truth } = await generatedLake({ messages, days, seed, incident });
  const page = (await renderReport({ engine: lake, views: lake.views }, {})).toString();
  lake.close();
  const words = (markup: string | undefined) =>
    markup
      ?.replace(/<[^>]*>/g, ' ')
      .replace(/\s+/g, ' ')
      .trim() ?? '';
  const { incident: given } = truth;
  return {
    incidents: [...page.matchAll(/<li class="incident[^>]*>(.*?)<\/li>/gs)].map(([, markup]) => words(markup)),
    calm: /<p class="calm">(.*?)<\/p>\s*<ul class="standing">/s.exec(page)?.[1] ?? null,
    expected: given && `1 On ${weekday(given.date)} ${providerName(given.provider)} turned away `,
  };
}

/** What is wrong with it, in words; null if it is as it should be. */
export function complaintOf({ incidents, calm, expected }: Told): string | null {
  const [first, ...others] = incidents;
  if (expected === null) {
    if (first !== undefined) return `made up: ${first}`;
    return calm?.startsWith('No incident') ? null : `not judged: ${calm}`;
  }
  if (!first?.startsWith(expected)) return `missed, or not told first: ${expected}; the report says: ${first ?? calm}`;
  return others.length === 0 ? null : `made up beside it: ${others.join(' / ')}`;
}

async function main(seeds: number, messages: number, days: number): Promise<void> {
  for (const incident of [false, true]) {
    for (let seed = 1; seed <= seeds; seed++) {
      const told = await toldOf({ seed, incident, messages, days });
      const complaint = complaintOf(told);
      console.log(
        `report of seed ${seed} ${incident ? 'with' : 'without'} an incident: ${complaint ?? told.incidents[0] ?? 'nothing reported'}`,
      );
      if (complaint !== null) process.exitCode = 1;
    }
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [seeds = 20, messages = 6000, days = 60] = process.argv.slice(2).map(Number);
  await main(seeds, messages, days);
}
