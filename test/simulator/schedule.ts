/** One schedule: what a seed makes happen, and what came of it. */

import { DAY_MS, HOUR_MS, utcDate } from '#lake/days.ts';
import { LANES, type Lane, type Ports, type UnitMessage } from '#lake/ports.ts';
import { mountOf } from '#lake/protocol/raw-sources.ts';
import type { Retention } from '#lake/retention.ts';
import type { NamedSource } from '#lake/settings.ts';
import { isFinished } from '#lake/steps/settle/watermark.ts';
import { recipientMessages, SETTLED_TABLES } from '#lake/tables/index.ts';
import {
  agendaOf,
  type Entry,
  erasuresAmong,
  expiriesAmong,
  rawErasuresAmong,
  rebuildsAmong,
  type Step,
} from './agenda.ts';
import { calm } from './calm.ts';
import { Chance } from './chance.ts';
import { drawnFates, roughness } from './fates.ts';
import { contentWithout, rowsWithout } from './forgotten.ts';
import { type RawObject, rawObjects, START } from './mail.ts';
import { type Expected, expectedTables } from './oracle.ts';
import type { Process } from './process.ts';
import { finalReadings } from './readings.ts';
import { meanings } from './rows.ts';
import type { TraceEntry } from './scheduler.ts';
import {
  ATTRIBUTION_DAYS,
  runAsk,
  runAskRaw,
  runCollect,
  runErase,
  runPlan,
  runReader,
  runRebuild,
  runRebuildEnd,
  runRebuildHandout,
  runRebuildWork,
  runRepair,
  runReplay,
  runRequeue,
  runRollup,
  runRollupDays,
  runRollupHandout,
  runSettle,
  type StepContext,
} from './steps.ts';
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
/** Calls that hand a rebuild out, one after the other, with workers in between: it has four stages. */
const MOST_HANDOUTS = 6;
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

/** Some tables for some days, others for ever. */
function someRetention(chance: Chance): Retention {
  const days: Record<string, number> = {};
  for (const name of [...SETTLED_TABLES, recipientMessages].map((table) => table.name)) {
    if (chance.happens(0.7)) days[name] = chance.between(0, 9);
  }
  return { days };
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

/** Turns entries of the agenda into what they say. */
class Player {
  readonly #world: World;
  readonly #chance: Chance;
  /** one kind of machine whose clock is far off, if any */
  readonly #wrongClock: Step | null;
  /** the next one that starts */
  #isWorkerHeldUp = false;
  /** the next raw object that is about to be written once more is rewritten by somebody else */
  #isWrittenUnder = false;

  constructor(world: World, chance: Chance) {
    this.#world = world;
    this.#chance = chance;
    this.#wrongClock = chance.happens(0.15)
      ? chance.oneOf(['plan', 'work', 'settle', 'rollup', 'audit', 'collect'])
      : null;
    world.invariants.isGraceVoid = this.#isCollectorsClockWrong;
  }

  get #isCollectorsClockWrong(): boolean {
    return this.#wrongClock === 'audit' || this.#wrongClock === 'collect';
  }

  /** What waits for its moment, and not for its time. */
  looks(): void {
    if (!this.#isWrittenUnder) return;
    const { scheduler } = this.#world;
    const replace = scheduler.tasks.find(({ op }) => op === 'raw.replace');
    if (!replace) return;
    this.#isWrittenUnder = false;
    scheduler.note('world', 'rewrites a raw object under an eraser', replace.subject);
    this.#world.rewrite(replace.subject);
  }

  does(entry: Entry): void {
    const { raw, messages, scheduler } = this.#world;
    switch (entry.does) {
      case 'deliver':
        this.#world.deliver(entry.object);
        return;
      case 'start':
        this.#start(entry.step);
        return;
      case 'lose the queue':
        scheduler.note('world', entry.does);
        messages.lose();
        return;
      case 'deliver messages again':
        scheduler.note('world', entry.does);
        messages.redeliver();
        return;
      case 'hold up a worker':
        this.#isWorkerHeldUp = true;
        return;
      case 'write under an eraser':
        this.#isWrittenUnder = true;
        return;
      case 'change the retention':
        this.#world.retention = someRetention(this.#chance);
        scheduler.note('world', entry.does, JSON.stringify(this.#world.retention.days));
        return;
      case 'deploy new code':
        this.#world.deploy();
        return;
      case 'damage a settled file':
        this.#damage(this.#world.invariants.damageable());
        return;
      case 'damage a waiting day':
        this.#damage(this.#world.invariants.waiting());
        return;
      case 'change the raw template':
        this.#world.changeTemplate();
        return;
      case 'put deleted raw objects back':
        this.#world.putBack();
        return;
      default: {
        // Before it is planned, nobody could tell.
        const { invariants, rewritten } = this.#world;
        const keys =
          entry.does === 'rewrite an erased object'
            ? [...rewritten.values()].map(({ key }) => key)
            : [...raw.keys()].filter((planned) => invariants.isPlanned(planned));
        const key = keys[this.#chance.below(keys.length)];
        if (key === undefined) return;
        scheduler.note('world', entry.does, key);
        if (entry.does === 'delete a raw object') this.#world.takeAway(key);
        else this.#world.rewrite(key);
      }
    }
  }

  /**
   * The newest generation of a day, while there is another copy of its rows. Not under a collector's hands: what happens
   * between its look and its removal nobody can exclude.
   */
  #damage(files: Iterable<string>): void {
    const { running, scheduler, invariants, lake } = this.#world;
    const isCollecting = [...running].some(({ name }) => /^(collect|audit) /.test(name));
    if (isCollecting || scheduler.tasks.some(({ op }) => op === 'lake.remove')) return;
    const keys = [...files];
    const key = keys[this.#chance.below(keys.length)];
    if (key === undefined) return;
    const isGone = this.#chance.happens(0.5);
    scheduler.note('world', isGone ? 'loses a settled file' : 'damages a settled file', key);
    lake.damage(key, isGone ? null : Buffer.from('damaged'));
    invariants.damaged.add(key);
  }

  #start(step: Step): void {
    const chance = this.#chance;
    const skew = step === this.#wrongClock ? chance.oneOf([-DAY_MS, DAY_MS]) : chance.between(-2 * 60_000, 2 * 60_000);
    const start = (work: (context: StepContext) => Promise<void>): Process =>
      this.#world.start(step, skew, (ports) => work(this.#world.contextOf(ports)));
    switch (step) {
      case 'plan': {
        const reach = chance.oneOf(['tick', 'tick', 'hourly', 'all', 'all'] as const);
        start((context) => runPlan(context, reach));
        return;
      }
      case 'work':
        this.#work(skew, chance.between(1, 4), chance.oneOf(LANES));
        return;
      case 'settle': {
        const isHurried = chance.happens(0.25);
        start((context) => runSettle(context, isHurried));
        return;
      }
      case 'read': {
        // A collector whose clock is a day ahead gives readers no day of grace.
        if (this.#isCollectorsClockWrong) return;
        const dt = utcDate(START + chance.below(3) * DAY_MS);
        const name = chance.oneOf(['events', 'headers', 'clicks']);
        start((context) => runReader(context, name, dt, (key) => this.#fileGone(key)));
        return;
      }
      case 'replay':
        start(runReplay);
        return;
      case 'requeue':
        start(runRequeue);
        return;
      case 'rollup':
        this.#rollUp(start);
        return;
      case 'collect':
        start((context) => runCollect(context, this.#world.collectRules));
        return;
      case 'rebuild':
        this.#rebuild(skew);
        return;
      case 'switch':
      case 'back':
      case 'drop': {
        const isHandedOut = chance.happens(0.5);
        const ends = start(
          async (context) => void this.#world.rebuildWork.push(...(await runRebuildEnd(context, step, isHandedOut))),
        );
        void ends.ended.then(() => this.#workForRebuild(skew));
        return;
      }
      case 'ask': {
        const person = chance.oneOf(['ann@example.org', 'bob@example.net']);
        start((context) => runAsk(context, person));
        return;
      }
      case 'ask raw':
        this.#world.isRawSearched = true;
        start(runAskRaw);
        return;
      case 'erase':
        start(runErase);
        return;
      case 'audit':
        start(async (context) => void (await runRepair(context, this.#world.collectRules)));
    }
  }

  /** A worker that takes one message after the other from a lane; where that is empty, from the other one. */
  #work(skew: number, most: number, lane: Lane): void {
    const choose = (n: number): number => this.#chance.below(n);
    const other = lane === 'live' ? 'backfill' : 'live';
    const worker = this.#world.startWorker(skew, lane, choose) ?? this.#world.startWorker(skew, other, choose);
    if (worker && this.#isWorkerHeldUp) {
      this.#world.scheduler.note('world', 'holds up', worker.name);
      worker.heldUntil = this.#world.now + this.#chance.between(1, 11) * HOUR_MS;
      this.#isWorkerHeldUp = false;
    }
    if (most > 1) void worker?.ended.then(() => worker.state === 'done' && this.#work(skew, most - 1, lane));
  }

  /** All in one process, as on a laptop; or handed out, step by step. */
  #rebuild(skew: number): void {
    if (this.#chance.happens(0.5)) {
      this.#startRebuild(skew, (context, read) => runRebuild(context, read));
      return;
    }
    const handOut = (rounds: number): void => {
      const { rebuildWork } = this.#world;
      const process = this.#startRebuild(
        skew,
        async (context) => void rebuildWork.push(...(await runRebuildHandout(context))),
      );
      void process.ended.then(async () => {
        if (process.state !== 'done') return;
        await Promise.all(this.#workForRebuild(skew));
        if (rounds > 1) handOut(rounds - 1);
      });
    };
    handOut(this.#chance.between(1, MOST_HANDOUTS));
  }

  /** Workers that take what waits, most of it, maybe what others have, too; some of it is left for later. */
  #workForRebuild(skew: number): Promise<void>[] {
    const { rebuildWork } = this.#world;
    const workers: Promise<void>[] = [];
    for (const message of [...rebuildWork]) {
      if (this.#chance.happens(0.1)) continue;
      if (this.#chance.happens(0.8)) rebuildWork.splice(rebuildWork.indexOf(message), 1);
      workers.push(this.#startRebuild(skew, (context, read) => runRebuildWork(context, message, read)).ended);
    }
    return workers;
  }

  #startRebuild(
    skew: number,
    work: (context: StepContext, read: (own: Ports, message: UnitMessage) => Promise<void>) => Promise<void>,
  ): Process {
    return this.#world.start('rebuild', skew, (ports, process) => {
      const context = this.#world.contextOf(ports);
      return work(context, (own, message) => this.#world.reread(own, process, context.version, message));
    });
  }

  /** All in one process, as on a laptop; or handed out, and workers that take a message, maybe one that others have, too. */
  #rollUp(start: (work: (context: StepContext) => Promise<void>) => Process): void {
    const { rollupMessages } = this.#world;
    const work = (): void => {
      const taken = this.#chance.below(rollupMessages.length);
      const days = rollupMessages[taken];
      if (!days) return;
      if (this.#chance.happens(0.5)) rollupMessages.splice(taken, 1);
      start((context) => runRollupDays(context, days));
    };
    const how = this.#chance.oneOf(['whole', 'hand out', 'work'] as const);
    if (how === 'whole') start(runRollup);
    else if (how === 'work' && rollupMessages.length > 0) work();
    else {
      const handout = start(async (context) => void rollupMessages.push(...(await runRollupHandout(context))));
      const workers = this.#chance.below(3);
      void handout.ended.then(() => {
        for (let i = 0; i < workers; i++) work();
      });
    }
  }

  #fileGone(key: string): void {
    if (this.#world.invariants.damaged.has(key)) return;
    this.#world.violate(new Violation('a file was gone while it was being read', key));
  }
}

/** What was before goes, and nobody is left in any file. */
async function lookForForgotten(world: World): Promise<void> {
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
  const tables = (isRebuilt: boolean): Expected =>
    expectedTables(finalReadings(world, isRebuilt), ATTRIBUTION_DAYS, world.invariants.forgotten());
  const expected = tables(false);
  // Of an object that was changed since, a rebuild may have read more before: each day has that, or hasn't.
  const rebuilt = world.invariants.hasRebuilds ? tables(true) : expected;
  for (const table of [...SETTLED_TABLES.map(({ name }) => name), 'recipient_messages']) {
    const days = new Set([
      ...(expected.get(table)?.keys() ?? []),
      ...(rebuilt.get(table)?.keys() ?? []),
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
      const rows = isFinished(dt, world.now) ? seen : rowsWithout(table, seen, world.invariants.forgotten());
      const [there, wanted] = [meanings(rows), meanings(expected.get(table)?.get(dt) ?? [])];
      if (there.join('\n') === meanings(rebuilt.get(table)?.get(dt) ?? []).join('\n')) continue;
      if (there.join('\n') !== wanted.join('\n')) {
        const missing = wanted.filter((row) => !there.includes(row));
        const surplus = there.filter((row) => !wanted.includes(row));
        const detail = `${there.length} rows, not ${wanted.length}; missing ${missing[0] ?? 'none'}; surplus ${surplus[0] ?? 'none'}`;
        world.violate(new Violation('the tables are not what the raw objects say', `${table} dt=${dt}`, detail));
      }
    }
  }
}
