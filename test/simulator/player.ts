/** Plays what an agenda says in a simulated lake: who starts with which clock, what arrives, what goes wrong. */
import { DAY_MS, HOUR_MS, utcDate } from '#lake/days.ts';
import { LANES, type Lane, type Ports, type UnitMessage } from '#lake/ports.ts';
import type { Retention } from '#lake/retention.ts';
import { recipientMessages, SETTLED_TABLES } from '#lake/tables/index.ts';
import type { Entry, Step } from './agenda.ts';
import type { Chance } from './chance.ts';
import { START } from './mail.ts';
import type { Process } from './process.ts';
import {
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
import type { World } from './world.ts';

/** Calls that hand a rebuild out, one after the other, with workers in between: it has four stages. */
const MOST_HANDOUTS = 6;

/** Some tables for some days, others for ever. */
export function someRetention(chance: Chance): Retention {
  const days: Record<string, number> = {};
  for (const name of [...SETTLED_TABLES, recipientMessages].map((table) => table.name)) {
    if (chance.happens(0.7)) days[name] = chance.between(0, 9);
  }
  return { days };
}

/** Turns entries of the agenda into what they say. */
export class Player {
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
        this.#damage(this.#world.invariants.rebuilds.waiting());
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
   * The newest generation of a day, while there is another copy of its rows, or a day that waits. Not under the hands of a collector,
   * or of a switch: what happens between their look and what they do nobody can exclude.
   */
  #damage(files: Iterable<string>): void {
    const { running, scheduler, invariants, lake } = this.#world;
    const isAtWork = [...running].some(({ name }) => /^(collect|audit|switch) /.test(name));
    if (isAtWork || scheduler.tasks.some(({ op }) => op === 'lake.remove')) return;
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
