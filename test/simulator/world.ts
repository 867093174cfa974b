/**
 * One simulated lake: raw objects that arrive, services in memory, processes that come and go, one true time and many
 * clocks. Everything in it is decided by a seed.
 */

import { HOUR_MS } from '#lake/days.ts';
import type { Lane, Ports, UnitMessage } from '#lake/ports.ts';
import { parentOf } from '#lake/protocol/halves.ts';
import { plansRoot, rebuildsRoot, versionOfAttempt } from '#lake/protocol/keys.ts';
import { mountOf } from '#lake/protocol/raw-sources.ts';
import type { Outcome, PlannedObject } from '#lake/protocol/records.ts';
import type { Retention } from '#lake/retention.ts';
import { DEFAULT_SETTINGS, type Settings } from '#lake/settings.ts';
import { COLLECT_RULES, type CollectRules } from '#lake/steps/collect/rules.ts';
import { MOST_TRIES } from '#lake/steps/transform/tries.ts';
import { type TransformPorts, transform } from '#lake/steps/transform.ts';
import type { Step } from './agenda.ts';
import { Bucket, type Held } from './bucket.ts';
import type { Chance } from './chance.ts';
import { contentWithout, HASH } from './forgotten.ts';
import { Invariants } from './invariants.ts';
import { contentOf, FIRST_VERSION, type RawObject, START, TODAYS_VERSION } from './mail.ts';
import { MessageQueue } from './messages.ts';
import { type UnitTruth, unitTruth } from './oracle.ts';
import { Partitions } from './partitions.ts';
import { Process, portsOf, type Services, type SimulatedPorts } from './process.ts';
import { alreadyRead, isReadIn, readingOf } from './readings.ts';
import { type FateOf, Scheduler } from './scheduler.ts';
import { selected } from './selects.ts';
import { SqlEngine } from './sql-engine.ts';
import { ATTRIBUTION_DAYS, type RebuildWork, runRebuild, type StepContext } from './steps.ts';
import { unitReader } from './unit-work.ts';
import { Violation } from './violation.ts';

/** Messages come again after this. */
export const VISIBILITY_MS = HOUR_MS / 2;

export const HOURLY = 'raw/{yyyy}/{MM}/{dd}/{HH}/';

/** More than there are in any schedule. */
export const MANY_ROWS = 1_000_000;

/** Changes one rule of the protocol from outside, to show that the simulator would notice. */
export interface Variant {
  name: string;
  /** of one that few schedules catch: a seed that did, to be played before the others */
  caughtAt?: number;
  settings?: Partial<Settings>;
  /** what a process of this step sees instead of its ports */
  ports?(ports: SimulatedPorts, step: Step, world: World): SimulatedPorts;
  /** what the collector goes by */
  collectRules?: Partial<CollectRules>;
  /** with what every other unit of a rebuild is read */
  rebuildSettings?: Partial<Settings>;
  /** told when the world is made */
  prepare?(world: World): void;
}

export interface WorldOptions {
  chance: Chance;
  fateOf: FateOf;
  settings?: Partial<Settings>;
  retention?: Retention;
  pageSize?: number;
  queryFailure?: number;
  rowsAtOnce?: number;
  rebuildDays?: StepContext['rebuildDays'];
  variant?: Variant | undefined;
}

export class World {
  now = START;
  /** of the code that processes start with */
  version = FIRST_VERSION;
  settings: Settings;
  /** left out of it: kept for ever */
  retention: Retention;
  /** see StepContext */
  readonly rowsAtOnce: number;
  /** see StepContext */
  readonly rebuildDays: StepContext['rebuildDays'];
  /** groups of send days that were handed out to workers of the rollup */
  readonly rollupMessages: string[][] = [];
  /** of rebuilds that are handed out */
  readonly rebuildWork: RebuildWork[] = [];
  readonly raw: Bucket;
  readonly lake: Bucket;
  readonly partitions = new Partitions();
  readonly messages: MessageQueue;
  readonly scheduler: Scheduler;
  readonly invariants: Invariants;
  readonly services: Services;
  readonly violations: Violation[] = [];
  /** objects of the bucket by key, as they came */
  readonly arrived = new Map<string, RawObject>();
  /** keys that the world has rewritten or deleted, which excuses an outcome that says so; what was deleted, and may come back */
  readonly tamperedWith = new Map<string, Held | null>();
  /** who has tried which unit */
  readonly #workersOf = new Map<string, Process[]>();
  /** of objects that erasures have written once more: each etag, with the one that it came from */
  readonly rewritten = new Map<string, { from: string; key: string }>();
  /** whether raw objects are looked through for persons, too */
  isRawSearched = false;
  readonly running = new Set<Process>();
  readonly #variant: Variant | undefined;
  readonly collectRules: CollectRules;
  readonly #starts = new Map<string, number>();
  #nonces = 0;
  #reread = 0;

  constructor({
    chance,
    fateOf,
    settings,
    retention = {},
    pageSize = 1000,
    queryFailure = 0,
    rowsAtOnce = MANY_ROWS,
    rebuildDays = { from: null, to: null },
    variant,
  }: WorldOptions) {
    const now = (): number => this.now;
    this.#variant = variant;
    this.rowsAtOnce = rowsAtOnce;
    this.rebuildDays = rebuildDays;
    this.retention = retention;
    this.collectRules = { ...COLLECT_RULES, ...variant?.collectRules };
    this.settings = {
      ...DEFAULT_SETTINGS,
      rawTemplate: null,
      limits: { ...DEFAULT_SETTINGS.limits, unitObjects: 3 },
      ...settings,
      ...variant?.settings,
    };
    this.raw = new Bucket(now);
    this.lake = new Bucket(now);
    this.messages = new MessageQueue(now, VISIBILITY_MS);
    this.scheduler = new Scheduler(chance.fork(), now, fateOf);
    const engine = new SqlEngine({ lake: this.lake, chance: chance.fork(), now, failure: queryFailure });
    engine.scheduler = this.scheduler;
    this.services = {
      raw: this.raw,
      lake: this.lake,
      partitions: this.partitions,
      messages: this.messages,
      engine,
      scheduler: this.scheduler,
      pageSize,
      now,
      mounts: this.settings.otherSources.map(({ name }) => mountOf(name)),
      select: (sql) => selected(sql, this),
      replaceRaw: (key, bytes, ifMatch) => this.#replaceRaw(key, bytes, ifMatch),
      nonce: () => (++this.#nonces).toString(16).padStart(16, '0'),
    };
    this.invariants = new Invariants({
      lake: this.lake,
      partitions: this.partitions,
      attributionDays: ATTRIBUTION_DAYS,
      truth: (objects, outcome) => this.#truthOf(objects, outcome),
      replayed: (objects) => this.#mayReplay(objects),
      tried: (outcome) => this.#mayGiveUp(outcome),
      report: (violation) => this.violate(violation),
      isTamperedWith: () => this.tamperedWith.size > 0,
      isRewritten: (key) => [...this.rewritten.values()].some((one) => one.key === key),
      mayFreeze: () => retention.days !== undefined,
      now,
    });
    variant?.prepare?.(this);
  }

  violate(violation: Violation): void {
    this.violations.push(violation);
    this.scheduler.note('!', violation.message);
  }

  deliver(object: RawObject): void {
    this.arrived.set(object.key, object);
    this.raw.put(object.key, contentOf(object));
    this.scheduler.note('firehose', 'delivers', object.key);
  }

  rewrite(key: string): void {
    this.tamperedWith.set(key, null);
    this.raw.put(key, '{"is":"noise","text":"rewritten"}\n');
  }

  /** What erasures do to raw data: of what was read, each line as it lies there, without persons. */
  #replaceRaw(key: string, bytes: Uint8Array, ifMatch: string): string {
    this.raw.get(key, ifMatch);
    const { invariants } = this;
    const was = Buffer.from(this.raw.held(key)?.bytes ?? []).toString();
    const is = Buffer.from(bytes).toString();
    const isDerived = invariants.everybody().some((persons) => contentWithout(was, persons) === is);
    if (!isDerived) this.violate(new Violation('a raw object was written over that had changed', key));
    if (!invariants.wasRead(key)) this.violate(new Violation('a raw object was written before it was read', key));
    this.raw.put(key, bytes);
    const { etag = '' } = this.raw.held(key) ?? {};
    this.rewritten.set(etag, { from: ifMatch, key });
    return etag;
  }

  /** Whether what lies there has come from what had this etag by erasures alone. */
  hasComeFrom(key: string, planned: string | undefined): boolean {
    let etag = this.raw.held(key)?.etag;
    while (etag !== undefined && etag !== planned) etag = this.rewritten.get(etag)?.from;
    return etag !== undefined;
  }

  /** Planned objects that lie there with other bytes, which no erasure has made of those that were planned. */
  *changedByOthers(): Generator<string> {
    for (const [key, held] of this.tamperedWith) {
      if (held === null && this.raw.held(key) && !this.hasComeFrom(key, this.invariants.etagOf(key))) yield key;
    }
  }

  takeAway(key: string): void {
    this.tamperedWith.set(key, this.tamperedWith.get(key) === null ? null : (this.raw.held(key) ?? null));
    this.raw.remove(key);
  }

  /** From a backup, as they were. */
  putBack(): void {
    for (const held of this.tamperedWith.values()) {
      if (!held || this.raw.held(held.key)) continue;
      this.raw.restore(held);
      this.scheduler.note('world', 'puts back', held.key);
    }
  }

  /**
   * From now on processes start with today's code; the others go on with theirs. Not under a rebuild's hands: what code of
   * yesterday rebuilds is what yesterday's code reads.
   */
  deploy(): void {
    const isRebuilding = [...this.running].some(({ name }) => /^(rebuild|switch) /.test(name));
    if (isRebuilding || this.scheduler.tasks.some(({ subject }) => subject.startsWith(rebuildsRoot))) return;
    this.version = TODAYS_VERSION;
    this.scheduler.note('world', 'deploys new code');
  }

  /**
   * From now on the raw data is planned by hours, or by none. Not under a planner's hands: planners of two templates that
   * run side by side may plan an object twice (plan.ts).
   */
  changeTemplate(): void {
    const isPlanning = [...this.running].some(({ name }) => /^(plan|audit) /.test(name));
    if (
      isPlanning ||
      this.scheduler.tasks.some(({ op, subject }) => op === 'lake.create' && subject.startsWith(plansRoot))
    )
      return;
    const other = <T extends Pick<Settings, 'rawTemplate'>>(source: T): T => ({
      ...source,
      rawTemplate: source.rawTemplate === null ? HOURLY : null,
    });
    this.settings = { ...other(this.settings), otherSources: this.settings.otherSources.map(other) };
    this.scheduler.note('world', 'changes the raw template');
  }

  /** Starts a process: `work` gets its ports. */
  start(step: Step, skew: number, work: (ports: SimulatedPorts, process: Process) => Promise<void>): Process {
    const n = (this.#starts.get(step) ?? 0) + 1;
    this.#starts.set(step, n);
    const process = new Process(`${step} ${n}`, this.now, skew);
    this.running.add(process);
    this.scheduler.note(process.name, 'starts');
    const own = portsOf(process, this.services);
    const ports = this.#variant?.ports?.(own, step, this) ?? own;
    const { died } = process;
    const leave = (): void => {
      this.running.delete(process);
      died();
    };
    const end = (state: 'done' | 'failed', why = ''): void => {
      if (process.state !== 'running') return;
      process.state = state;
      process.endedAt = this.now;
      this.scheduler.note(process.name, state === 'done' ? 'ends' : 'fails', why);
      leave();
    };
    process.died = leave;
    work(ports, process).then(
      () => end('done'),
      (error: unknown) => end('failed', String(error)),
    );
    return process;
  }

  /** A worker takes one message of its lane and transforms its unit. Deletes the message when it is done. */
  startWorker(skew: number, lane: Lane, choose: (n: number) => number): Process | null {
    const received = this.messages.receive(lane, choose);
    if (!received) return null;
    const { message } = received;
    const worker = this.start('work', skew, async (ports, process) => {
      await this.transform(ports, process, message);
      received.delete();
    });
    this.#workersOf.set(message.unit, [...(this.#workersOf.get(message.unit) ?? []), worker]);
    return worker;
  }

  /** What a process of a step that begins now goes by. */
  contextOf(ports: SimulatedPorts): StepContext {
    const { settings, retention, version, rowsAtOnce, rebuildDays } = this;
    return { ports, settings, retention, version, rowsAtOnce, rebuildDays };
  }

  /** One process of a step from beginning to end, with nobody else about. @returns whether it did what it should */
  async through(step: Step, work: (context: StepContext) => Promise<void>): Promise<boolean> {
    const process = this.start(step, 0, (ports) => work(this.contextOf(ports)));
    await process.ended;
    return process.state === 'done';
  }

  /** A rebuild from beginning to end, with nobody else about. */
  async throughRebuild(): Promise<void> {
    const { version } = this;
    const process = this.start('rebuild', 0, (ports, self) =>
      runRebuild(this.contextOf(ports), (own, message) => this.reread(own, self, version, message)),
    );
    await process.ended;
  }

  /** One worker from beginning to end; false if there was no message for it. */
  async workThrough(): Promise<boolean> {
    const worker = this.startWorker(0, 'live', () => 0) ?? this.startWorker(0, 'backfill', () => 0);
    await worker?.ended;
    return worker !== null;
  }

  /** Moves the true time. What has been at work for too long is ended, as a runtime ends it. */
  advance(to: number, longestLifeMs: number): void {
    this.now = Math.max(this.now, to);
    for (const process of this.running) if (this.now - process.startedAt > longestLifeMs) this.scheduler.kill(process);
    this.scheduler.drop(({ process }) => this.now - process.startedAt > longestLifeMs);
  }

  /** A unit of a rebuild, in the process that makes the rebuild. */
  async reread(ports: Ports, process: Process, version: string, message: UnitMessage): Promise<void> {
    const { queue: _, ...rest } = ports;
    const other = this.#reread++ % 2 === 1 ? this.#variant?.rebuildSettings : {};
    await this.transform(rest, process, message, { version, settings: { ...this.settings, ...other } });
  }

  async transform(
    ports: TransformPorts,
    process: Process,
    message: UnitMessage,
    { settings, version }: Pick<StepContext, 'settings' | 'version'> = this,
  ): Promise<void> {
    const read = unitReader(() => {
      this.scheduler.kill(process);
      return new Promise<never>(() => {});
    });
    await transform(ports, message, {
      settings,
      version,
      read,
      keyedHash: HASH,
      visibilityMs: VISIBILITY_MS,
    });
  }

  /**
   * A unit is split, or its one object quarantined, only when three of its workers, or of those of the units that it is a
   * part of, left no word: they died, the store let
   * them down right when they had to leave it, or they are so slow that nobody can tell them from dead ones.
   */
  #mayGiveUp({ unit, split, poison = [] }: Outcome): void {
    if (!split && poison.length === 0) return;
    const line = [unit];
    for (let above = parentOf(unit); above; above = parentOf(above)) line.push(above);
    const silent = line
      .flatMap((id) => this.#workersOf.get(id) ?? [])
      .filter(
        ({ state, startedAt, endedAt, lostItsWord }) =>
          state === 'dead' || (state === 'failed' && lostItsWord) || (endedAt ?? this.now) - startedAt > VISIBILITY_MS,
      );
    if (silent.length < MOST_TRIES) this.violate(new Violation('a unit was given up too soon', unit));
  }

  /** What the outcome's unit holds, by the raw records. Excuses what the world itself has done to the objects. */
  #truthOf(objects: readonly PlannedObject[], outcome: Outcome): UnitTruth {
    for (const { key } of outcome.problems) {
      if (!this.tamperedWith.has(key)) this.violate(new Violation('an object was not read that is as it was', key));
    }
    const read = objects.filter(({ key }) => isReadIn(outcome, key));
    const version = versionOfAttempt(outcome.attempt);
    const truth = unitTruth(
      read.map((object) => readingOf(this.arrived.get(object.key), object, version)),
      this.invariants.forgotten(outcome.erasures ?? -1),
    );
    // What was rewritten before anybody had read it is one line of noise, and holds none of the ranges that are read again.
    const ranged = new Set(objects.filter(({ ranges }) => ranges).map(({ key }) => key));
    const rewritten = outcome.problems.filter(({ key, etag }) => etag !== undefined && !ranged.has(key)).length;
    const isFirst = outcome.kind === 'first';
    const givenUp = outcome.problems.find(({ problem, etag }) => isFirst && problem === 'raw_changed' && !etag);
    if (givenUp) this.violate(new Violation('an object was given up that nobody had read', givenUp.key));
    return { ...truth, records: truth.records + rewritten + (outcome.poison?.length ?? 0) };
  }

  /** A record is in one replay at a time, and in none once it was accepted. */
  #mayReplay(objects: readonly PlannedObject[]): void {
    for (const object of objects) {
      const again = alreadyRead(this, object);
      if (again) this.violate(new Violation(again, object.key));
    }
  }

  /** Does what the world itself has done to an object explain a drift? */
  explains(kind: string, key: string): boolean {
    const dt = /\/recipient_messages\/.*dt=([\d-]+)\//.exec(key)?.[1];
    if (dt !== undefined && this.invariants.damaged.has(key)) return this.invariants.isFrozen(dt);
    return (kind === 'raw_changed' || kind === 'source_missing') && this.tamperedWith.has(key);
  }
}
