/** One schedule: what a seed makes happen, and what came of it. */

import { DAY_MS, HOUR_MS, utcDate } from '#lake/days.ts';
import { mountOf } from '#lake/protocol/raw-sources.ts';
import type { NamedSource } from '#lake/settings.ts';
import { isFinished } from '#lake/steps/settle/watermark.ts';
import { recipientMessages, SETTLED_TABLES } from '#lake/tables/index.ts';
import { agendaOf, type Entry, erasuresAmong, expiriesAmong, rawErasuresAmong, rebuildsAmong } from './agenda.ts';
import { calm } from './calm.ts';
import { Chance } from './chance.ts';
import { drawnFates, roughness } from './fates.ts';
import { contentWithout, rowsWithout } from './forgotten.ts';
import { type RawObject, rawObjects, START } from './mail.ts';
import { type Expected, expectedTables } from './oracle.ts';
import { Player, someRetention } from './player.ts';
import { finalReadings } from './readings.ts';
import { meanings } from './rows.ts';
import type { TraceEntry } from './scheduler.ts';
import { ATTRIBUTION_DAYS, runCollect } from './steps.ts';
import { Violation } from './violation.ts';
import { HOURLY, MANY_ROWS, type Variant, World } from './world.ts';

export interface ScheduleOptions {
  variant?: Variant | undefined;
  /** places in the agenda that are left out, to find a shorter one that fails as well */
  without?: ReadonlySet<number>;
  /** false: what happened is not recorded */
  isTraced?: boolean;
}

export interface Outcome {
  seed: number;
  /** entries of the agenda */
  entries: number;
  /** port calls while anything could go wrong */
  calls: number;
  /** and in the undisturbed rounds at the end */
  calmCalls: number;
  kills: number;
  violations: readonly Violation[];
  trace: readonly TraceEntry[];
}

/** No process, and no call on its way, lives for longer: laptops sleep, Lambdas are ended after a quarter of an hour. */
const LONGEST_LIFE_MS = 12 * HOUR_MS;
/** Picks after which a schedule is ended, so that none runs for ever. */
const MOST_PICKS = 5000;

/** Plays the schedule of a seed. The same seed and options give the same trace. */
export async function playSchedule(
  seed: number,
  { variant, without, isTraced = true }: ScheduleOptions = {},
): Promise<Outcome> {
  const chance = new Chance(seed);
  // Drawn apart, so that the seeds of lakes with one source play what they played before.
  const sources = new Chance(seed + 1_000_000_007);
  const otherSources = sources.happens(0.25) ? [otherSource(sources)] : [];
  const mail = agendaOf(spread(rawObjects(chance.fork()), otherSources, sources), chance.fork());
  const rebuilds = new Chance(seed + 2_000_000_011);
  const expiring = new Chance(seed + 3_000_000_019);
  const retention = expiring.happens(0.3) ? someRetention(expiring) : {};
  const erasures = new Chance(seed + 4_000_000_007);
  const isErasing = erasures.happens(0.35);
  const rawErasures = new Chance(seed + 5_000_000_039);
  const agenda = [
    ...mail,
    ...(rebuilds.happens(0.35) ? rebuildsAmong(mail, rebuilds) : []),
    ...(retention.days ? expiriesAmong(mail, expiring) : []),
    ...(isErasing ? erasuresAmong(mail, erasures) : []),
    ...(isErasing && rawErasures.happens(0.5) ? rawErasuresAmong(mail, rawErasures) : []),
  ].sort((a, b) => a.at - b.at);
  const world = new World({
    chance: chance.fork(),
    fateOf: drawnFates(chance.fork(), roughness(chance)),
    settings: { rawTemplate: chance.happens(0.4) ? HOURLY : null, otherSources },
    retention,
    pageSize: chance.oneOf([3, 10, 1000, 1000]),
    queryFailure: chance.oneOf([0, 0, 0.01, 0.05]),
    rowsAtOnce: chance.oneOf([MANY_ROWS, 2, 5]),
    ...(rebuilds.happens(0.3) ? { rebuildDays: someDays(rebuilds) } : {}),
    variant,
  });
  world.scheduler.isTraced = isTraced;
  const left = agenda.filter((_, i) => !without?.has(i));
  await play(world, left, chance);
  const calls = world.scheduler.calls;
  world.scheduler.isImmediate = true;
  world.scheduler.fateOf = () => 'done';
  world.services.engine.failure = 0;
  // Of raw objects that were written once more nobody else tells what is wrong.
  const isAudited = chance.happens(0.4) || (world.isRawSearched && rawErasures.happens(0.6));
  if (world.violations.length === 0) await calm(world, isAudited);
  if (world.violations.length === 0) compareWithOracle(world);
  if (world.violations.length === 0 && isAudited) await lookForForgotten(world);
  const { kills, trace } = world.scheduler;
  const calmCalls = world.scheduler.calls - calls;
  return { seed, entries: agenda.length, calls, calmCalls, kills, violations: world.violations, trace };
}

/** From some day of the mail's, up to another, or up to the last. */
function someDays(chance: Chance): { from: string | null; to: string | null } {
  const first = START + chance.between(-1, 2) * DAY_MS;
  const to = chance.happens(0.5) ? utcDate(first + chance.between(0, 2) * DAY_MS) : null;
  return { from: to !== null && chance.happens(0.3) ? null : utcDate(first), to };
}

const otherSource = (chance: Chance): NamedSource => ({
  name: 'two',
  rawTemplate: chance.happens(0.5) ? HOURLY : null,
  objectNameOffsetHours: 0,
});

/** Some of the objects come to another source, where some are called as one of the first. */
const spread = (objects: RawObject[], others: readonly NamedSource[], chance: Chance): RawObject[] =>
  objects.map((object) => {
    const [other] = others;
    return other && chance.happens(0.4) ? { ...object, key: mountOf(other.name) + object.key } : object;
  });

async function play(world: World, agenda: readonly Entry[], chance: Chance): Promise<void> {
  const { scheduler } = world;
  const player = new Player(world, chance.fork());
  let next = 0;
  for (let picks = 0; picks < MOST_PICKS && world.violations.length === 0; picks++) {
    for (let entry = agenda[next]; entry && entry.at <= world.now; entry = agenda[++next]) player.does(entry);
    player.looks();
    const coming = agenda[next];
    const { isIdle } = scheduler;
    if (scheduler.tasks.length === 0 && !coming) break;
    // Mostly everyone gets on with it before the next thing happens; sometimes the whole world is slow.
    if (coming && (isIdle || chance.happens(coming.at - world.now < HOUR_MS / 6 ? 0.15 : 0.003))) {
      world.advance(coming.at, LONGEST_LIFE_MS);
      continue;
    }
    world.now += chance.between(1, 200);
    await scheduler.step();
  }
  // Whoever waits for an answer that never comes is ended by its runtime.
  world.advance(world.now + DAY_MS, LONGEST_LIFE_MS);
}

/** What was before goes, and nobody is left in any file. */
export async function lookForForgotten(world: World): Promise<void> {
  world.now += 2 * DAY_MS;
  await world.through('collect', (context) => runCollect(context, world.collectRules));
  for (const key of world.isRawSearched ? world.raw.keys() : []) {
    const content = Buffer.from(world.raw.held(key)?.bytes ?? []).toString();
    const isDeadly = [...world.invariants.outcomes.values()].some(({ poison = [] }) =>
      poison.some((one) => one.key === key),
    );
    if (isDeadly || !world.invariants.wasRead(key)) continue;
    if (contentWithout(content, world.invariants.forgotten()) === content) continue;
    world.violate(new Violation('a raw object has records of who is to be forgotten', key));
  }
  for (const key of world.invariants.filesOfForgotten()) {
    world.violate(new Violation('a file has rows of who is to be forgotten', key));
  }
}

/** In the end the tables hold what the raw objects say, each event once. */
export function compareWithOracle(world: World): void {
  const isToCome = (dt: string): boolean => !isFinished(dt, world.now);
  const tables = (isRebuilt: boolean, isShownToCome: boolean): Expected =>
    expectedTables(
      finalReadings(world, isRebuilt),
      ATTRIBUTION_DAYS,
      world.invariants.forgotten(),
      isShownToCome ? isToCome : undefined,
    );
  // Of an object that was changed since, a rebuild may have read more before: each day has that, or hasn't. So it is with what
  // is published on a send day, as long as a forgotten person's event of a day to come says so: the next rollup forgets that.
  const allowed = (world.invariants.rebuilds.hasAny ? [false, true] : [false]).flatMap((isRebuilt) =>
    [false, true].map((isShown) => tables(isRebuilt, isShown)),
  );
  for (const table of [...SETTLED_TABLES.map(({ name }) => name), 'recipient_messages']) {
    const days = new Set([
      ...allowed.flatMap((tables) => [...(tables.get(table)?.keys() ?? [])]),
      ...world.partitions.locations(table).map(({ dt }) => dt),
    ]);
    for (const dt of days) {
      // Of a send day that is not computed any more each generation was compared when it was made.
      if (table === recipientMessages.name && world.invariants.isFrozen(dt)) continue;
      if (world.invariants.hasExpired(table, dt)) {
        const left = [...world.invariants.leftOf(table, dt)];
        if (left[0]) world.violate(new Violation('something is left of a day that has expired', left[0]));
        continue;
      }
      const seen = world.invariants.visible(table, dt);
      // Who is to be forgotten is so on a day that is still to come once it is settled.
      const rows = isToCome(dt) ? rowsWithout(table, seen, world.invariants.forgotten()) : seen;
      const there = meanings(rows);
      const expected = allowed.map((tables) => meanings(tables.get(table)?.get(dt) ?? []));
      if (expected.some((rows) => rows.join('\n') === there.join('\n'))) continue;
      const [wanted = []] = expected;
      const missing = wanted.filter((row) => !there.includes(row));
      const surplus = there.filter((row) => !wanted.includes(row));
      const detail = `${there.length} rows, not ${wanted.length}; missing ${missing[0] ?? 'none'}; surplus ${surplus[0] ?? 'none'}`;
      world.violate(new Violation('the tables are not what the raw objects say', `${table} dt=${dt}`, detail));
    }
  }
}
