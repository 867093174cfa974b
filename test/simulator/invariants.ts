/**
 * What must hold after every step. Only writes can break it, so each write is judged when it takes effect, by what lies in
 * the store then: plans, outcomes, generations, files, and where the catalog points readers.
 */
import { gunzipSync } from 'node:zlib';
import { addDays, DAY_MS, HOUR_MS, startOfDay } from '#lake/days.ts';
import type { ErasedPersons } from '#lake/decode/erased-persons.ts';
import type { Checkpoint, PlannedEntry } from '#lake/protocol/checkpoints.ts';
import type { Erasure } from '#lake/protocol/erasures.ts';
import type { ExpiredRecord } from '#lake/protocol/expired.ts';
import {
  attemptOfFile,
  checkpointsRoot,
  dayOfKey,
  erasureEndKey,
  erasuresRoot,
  expiredRoot,
  liveFolder,
  numberOf,
  planFolder,
  planKey,
  plansRoot,
  rebuildsRoot,
  replaysRoot,
  unitOfAttempt,
} from '#lake/protocol/keys.ts';
import type { Generation, Outcome, Plan, PlannedObject } from '#lake/protocol/records.ts';
import type { Bucket } from './bucket.ts';
import { NOBODY, personsOf, rowsWithout } from './forgotten.ts';
import type { UnitTruth } from './oracle.ts';
import type { Partitions } from './partitions.ts';
import { RebuildRules } from './rebuild-rules.ts';
import { dayKey, decodeRows, meanings, parsed, type Row } from './rows.ts';
import { deduplicated, recipientMessages } from './sql-engine.ts';
import { fail, Violation } from './violation.ts';

export interface InvariantsOptions {
  lake: Bucket;
  partitions: Partitions;
  /** what a unit of these objects holds */
  truth(objects: readonly PlannedObject[], outcome: Outcome): UnitTruth;
  /** told of each replay before it counts as planned */
  replayed(objects: readonly PlannedObject[]): void;
  attributionDays: number;
  /** told of each outcome: a split or a quarantine wants a reason */
  tried(outcome: Outcome): void;
  /** has the world itself changed raw objects? Then days may stay as they are */
  isTamperedWith(): boolean;
  /** was it written once more by an erasure? */
  isRewritten(object: string): boolean;
  /** may events expire that send days are computed from? */
  mayFreeze(): boolean;
  /** true time */
  now(): number;
  /** told of what breaks a rule: throwing would only fail the caller of the port */
  report(violation: Violation): void;
}

interface UnitFacts {
  plan: string;
  kind: 'first' | 'replay';
  objects: readonly PlannedObject[];
}

/** No process lives for longer (schedule.ts). */
const LONGEST_LIFE_MS = 12 * HOUR_MS;

/** Notes that say only that someone looked. */
const MARKS =
  /^v1\/state\/(audits|requeues|tries|decided|heals|expired|recipes|layouts|checkpoints|segments|cursors|planned|erasures\/\d+\/rests)/;

export class Invariants {
  readonly #options: InvariantsOptions;
  readonly #unitOfObject = new Map<string, string>();
  /** settled files that the world has damaged or lost */
  readonly damaged = new Set<string>();
  /** what was written so far that means something: plans, outcomes, generations, files */
  changes = 0;
  readonly units = new Map<string, UnitFacts>();
  readonly outcomes = new Map<string, Outcome>();
  /** of outcomes, by true time */
  readonly #decidedAt = new Map<string, number>();
  /** rows of each attempt that an outcome names, by attempt and day of a table */
  readonly #rowsOfAttempt = new Map<string, Map<string, readonly Row[]>>();
  readonly #generations = new Map<string, Generation[]>();
  /** rows of each generation, by location: its files may go */
  readonly #rowsAt = new Map<string, readonly Row[]>();
  /** by number of erasure */
  readonly #persons: ErasedPersons[] = [];
  readonly #generationOfLocation = new Map<string, Generation>();
  /** a collector's clock is a day ahead: it waits for nobody who is under way */
  isGraceVoid = false;
  /** days that have expired, in order of decision */
  readonly #expired: { table: string; last: string; at: number }[] = [];
  readonly rebuilds: RebuildRules;

  constructor(options: InvariantsOptions) {
    this.#options = options;
    this.rebuilds = new RebuildRules(options, this);
    options.lake.watcher = {
      created: (key, bytes) => this.#judge(() => this.#created(key, bytes)),
      overwritten: (key) => this.#judge(() => fail('a create-only object was written over', key)),
      removed: (key) => this.#judge(() => this.#removed(key)),
    };
    options.partitions.watcher = (table, dt, location, before) =>
      this.#judge(() => this.#pointed(table, dt, location, before));
  }

  /** Since when the day has expired, by true time; null if it hasn't. */
  #expiredSince(table: string, dt: string): number | null {
    return this.#expired.find((one) => one.table === table && dt <= one.last)?.at ?? null;
  }

  hasExpired(table: string, dt: string): boolean {
    return this.#expiredSince(table, dt) !== null;
  }

  /** Has an input of the send day expired, or itself? Then it stays as it is. */
  isFrozen(dt: string): boolean {
    return this.hasExpired('recipient_messages', dt) || this.hasExpired('events', addDays(dt, -1));
  }

  /** What is there of a day, or seen of it. */
  *leftOf(table: string, dt: string): Generator<string> {
    const { lake, partitions } = this.#options;
    if (partitions.location(table, dt) !== undefined) yield `${dayKey(table, dt)} is seen`;
    for (const stage of ['live', 'settled']) {
      for (const key of lake.keys(`v1/${stage}/${table}/`)) if (dayOfKey(key) === dt) yield key;
    }
  }

  /** Who began before it was decided may still make something of the day, and nobody else. */
  #isLongGone(table: string, dt: string): boolean {
    const since = this.#expiredSince(table, dt);
    return since !== null && this.#options.now() - since > LONGEST_LIFE_MS;
  }

  /** Its files go at once, under whoever began before it was decided. */
  #hasNoGrace(table: string, dt: string): boolean {
    return this.isGraceVoid && this.hasExpired(table, dt) && !this.#isLongGone(table, dt);
  }

  #expires({ table_name: table, dt: last, retention_days: days }: ExpiredRecord): void {
    const { now } = this.#options;
    if (startOfDay(last) + (days + 1) * DAY_MS > now()) fail('a day expires before its time', dayKey(table, last));
    this.#expired.push({ table, last, at: now() });
  }

  /** Units that have no outcome, or an outcome that names halves without one. */
  openUnits(): string[] {
    return [...this.units.keys()].filter((unit) => !this.outcomes.has(unit));
  }

  get hasExpiries(): boolean {
    return this.#expired.length > 0;
  }

  /** By day of a table, in order. */
  get generations(): ReadonlyMap<string, readonly Generation[]> {
    return this.#generations;
  }

  isGeneration(location: string): boolean {
    return this.#generationOfLocation.has(location);
  }

  /** When a unit got its outcome, by true time. */
  decidedAt(unit: string): number | undefined {
    return this.#decidedAt.get(unit);
  }

  /** As it was when it was planned; undefined if it wasn't. */
  etagOf(object: string): string | undefined {
    const unit = this.#unitOfObject.get(object);
    return this.units.get(unit ?? '')?.objects.find(({ key }) => key === object)?.etag;
  }

  isPlanned(object: string): boolean {
    return this.#unitOfObject.has(object);
  }

  /** Whether the unit that has the object, or the part of it that does, has an outcome. */
  wasRead(object: string): boolean {
    return [...this.units].some(
      ([unit, { kind, objects }]) =>
        kind === 'first' && objects.some(({ key }) => key === object) && this.outcomes.get(unit)?.status === 'done',
    );
  }

  /** Persons of each erasure so far. */
  everybody(): readonly ErasedPersons[] {
    return this.#persons;
  }

  newest(table: string, dt: string): Generation | undefined {
    return this.#generations.get(dayKey(table, dt))?.at(-1);
  }

  /** Files of newest generations whose rows lie elsewhere, too, or are computed again at any time. */
  *damageable(): Generator<string> {
    const { lake } = this.#options;
    for (const generations of this.#generations.values()) {
      const newest = generations.at(-1);
      // Of what a rebuild has read only another rebuild makes the same rows.
      if (!newest || newest.rebuilt || this.isDamaged(newest)) continue;
      const { table_name: table, dt } = newest;
      // Whose events expire before somebody mends it, nobody computes again.
      if (this.hasExpired(table, dt) || (table === 'recipient_messages' && this.#options.mayFreeze())) continue;
      const isElsewhere = newest.attempt_list.every((attempt) => {
        const files = this.outcomes.get(unitOfAttempt(attempt))?.files ?? [];
        return files.filter((file) => file.table === table && file.dt === dt).every(({ key }) => lake.held(key));
      });
      if (isElsewhere) for (const { key } of newest.file_list) yield key;
    }
  }

  /** Was its unit decided while somebody who is still there was under way? */
  isRecent(attempt: string): boolean {
    const { finished_at: at } = this.outcomes.get(unitOfAttempt(attempt)) ?? { finished_at: 0 };
    return at > this.#options.now() - LONGEST_LIFE_MS;
  }

  /** Persons of an erasure, and of those before it; left out: of all there were. */
  forgotten(n = this.#persons.length - 1): ErasedPersons {
    return this.#persons[n] ?? NOBODY;
  }

  #ofErasure(key: string, bytes: Uint8Array): void {
    if (key.endsWith('/end.json')) this.#erased(key);
    else if (/\/erasures\/\d+\.json$/.test(key)) {
      const { n, persons } = parsed<Erasure>(bytes);
      if (n !== this.#persons.length) fail('an erasure is out of turn', key);
      this.#persons.push(personsOf(persons));
    }
  }

  /** What was there half a day ago was looked through: what came since may be read by who did not know of it. */
  #erased(key: string): void {
    const persons = this.forgotten(this.#persons.findIndex((_, n) => erasureEndKey(n) === key));
    const since = this.#options.now() - LONGEST_LIFE_MS;
    for (const [id, generations] of this.#generations) {
      const newest = generations.at(-1);
      if (!newest || newest.created_at > since || this.isDamaged(newest)) continue;
      if (this.hasExpired(newest.table_name, newest.dt)) continue;
      const rows = this.#rowsAt.get(newest.location) ?? [];
      if (rowsWithout(newest.table_name, rows, persons).some((row, i) => row !== rows[i])) {
        fail('an erasure is said to be over while readers see rows of theirs', key, id);
      }
    }
    for (const [attempt, days] of this.#rowsOfAttempt) {
      const outcome = this.outcomes.get(unitOfAttempt(attempt));
      if (!outcome || this.isRecent(attempt)) continue;
      for (const [id, rows] of days) {
        const [table = '', dt = ''] = id.split(' dt=');
        if (this.newest(table, dt)?.attempt_list.includes(attempt) || this.hasExpired(table, dt)) continue;
        if (rowsWithout(table, rows, persons).some((row, i) => row !== rows[i])) {
          fail('an erasure is said to be over while rows of theirs wait to be settled', key, id);
        }
      }
    }
  }

  /** Files in which somebody is left who is to be forgotten. */
  *filesOfForgotten(): Generator<string> {
    const { lake } = this.#options;
    for (const root of ['v1/live/', 'v1/settled/']) {
      for (const key of lake.keys(root)) {
        const [, table = ''] = /^v1\/\w+\/(\w+)\//.exec(key) ?? [];
        if (table === 'quarantine' || this.damaged.has(key)) continue;
        const rows = decodeRows(lake.held(key)?.bytes ?? new Uint8Array());
        if (rowsWithout(table, rows, this.forgotten()).some((row, i) => row !== rows[i])) yield key;
      }
    }
  }

  isDamaged({ file_list }: Generation): boolean {
    return file_list.some(({ key }) => this.damaged.has(key));
  }

  /** Rows that readers see of a day of a table; of a damaged file none. */
  visible(table: string, dt: string): readonly Row[] {
    const { lake, partitions } = this.#options;
    const location = partitions.location(table, dt);
    if (location === undefined) return [];
    return [...lake.keys(location)].flatMap((key) =>
      this.damaged.has(key) ? [] : decodeRows(lake.held(key)?.bytes ?? new Uint8Array()),
    );
  }

  #judge(rule: () => void): void {
    try {
      rule();
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.#options.report(error);
    }
  }

  #created(key: string, bytes: Uint8Array): void {
    if (!MARKS.test(key)) this.changes++;
    if (key.startsWith(plansRoot)) this.#planned(key, parsed<Plan>(bytes));
    else if (key.startsWith(replaysRoot)) this.#replayed(key, parsed<Plan>(bytes));
    else if (key.startsWith(checkpointsRoot)) this.#summarised(key, parsed<Checkpoint>(bytes));
    else if (key.startsWith('v1/state/units/')) this.#decided(parsed<Outcome>(bytes));
    else if (key.startsWith(expiredRoot)) this.#expires(parsed<ExpiredRecord>(bytes));
    else if (key.startsWith(rebuildsRoot)) this.rebuilds.created(key, bytes);
    else if (key.startsWith(erasuresRoot)) this.#ofErasure(key, bytes);
    else if (key.startsWith('v1/state/generations/')) this.#generated(key, parsed<Generation>(bytes));
    else if (key.startsWith('v1/settled/')) {
      if (this.#generationAround(key)) fail('a file came into a location after it was named', key);
    }
  }

  /** The generation in whose location a file lies, itself or in the folder of a part. */
  #generationAround(key: string): Generation | undefined {
    const folder = key.slice(0, key.lastIndexOf('/') + 1);
    const around = folder.slice(0, folder.lastIndexOf('/', folder.length - 2) + 1);
    return this.#generationOfLocation.get(folder) ?? this.#generationOfLocation.get(around);
  }

  #planned(key: string, plan: Plan): void {
    for (const { id, objects } of plan.units) {
      if (this.units.has(id)) fail('two units have one id', id);
      this.units.set(id, { plan: key, kind: 'first', objects });
      for (const object of objects) {
        const other = this.#unitOfObject.get(object.key);
        if (other !== undefined) fail('an object is in two units', object.key, `${other} and ${id}`);
        this.#unitOfObject.set(object.key, id);
      }
    }
  }

  /** A checkpoint holds each object of the plans that it says it has, and no object of no plan. */
  #summarised(key: string, { raw_prefix: prefix, plans, segments }: Checkpoint): void {
    const held = new Set<string>();
    for (const segment of segments) {
      const bytes = this.#options.lake.held(segment.key)?.bytes;
      if (!bytes) fail('a checkpoint names a segment that is not there', key, segment.key);
      const entries: PlannedEntry[] = JSON.parse(gunzipSync(bytes).toString());
      for (const [object] of entries) {
        if (!this.#unitOfObject.has(object)) fail('a checkpoint holds an object of no plan', key, object);
        held.add(object);
      }
    }
    for (const { plan, objects } of this.units.values()) {
      const n = plan.startsWith(planFolder(prefix)) ? numberOf(plan) : null;
      if (n === null || n >= plans || plan !== planKey(prefix, n)) continue;
      const skipped = objects.find((object) => !held.has(object.key));
      if (skipped) fail('a checkpoint skips an object of its plans', key, skipped.key);
    }
  }

  #replayed(key: string, { units }: Plan): void {
    for (const { id, objects } of units) {
      if (this.units.has(id)) fail('two units have one id', id);
      this.#options.replayed(objects);
      this.units.set(id, { plan: key, kind: 'replay', objects });
    }
  }

  #decided(outcome: Outcome): void {
    const { unit, attempt } = outcome;
    const facts = this.units.get(unit);
    if (!facts) fail('an outcome is of no planned unit', unit);
    if (this.outcomes.has(unit)) fail('a unit has two outcomes', unit);
    this.outcomes.set(unit, outcome);
    this.#decidedAt.set(unit, this.#options.now());
    this.#options.tried(outcome);
    if (outcome.kind !== facts.kind) fail('an outcome is of another kind than its unit', unit, outcome.kind);
    if (outcome.split) {
      this.#split(unit, facts, outcome.split);
      return;
    }
    const { records, accepted, duplicate, skipped, quarantined, erased } = outcome;
    if (records !== accepted + duplicate + skipped + quarantined + (erased ?? 0))
      fail('the counting law is broken', unit);
    const truth = this.#options.truth(facts.objects, outcome);
    if (records !== truth.records) fail('an outcome counts other records', unit, `${records}, not ${truth.records}`);

    const rows = new Map<string, Row[]>();
    for (const file of outcome.files) {
      const held = this.#options.lake.held(file.key);
      if (attemptOfFile(file.key) !== attempt) fail('an outcome names a file of another attempt', file.key);
      const isGone = this.hasExpired(file.table, file.dt);
      if (!held && isGone) continue;
      if (!held) fail('an outcome names a file that is not there', file.key);
      if (!isGone && this.#options.partitions.location(file.table, file.dt) === undefined) {
        fail('an outcome is there before its partition', dayKey(file.table, file.dt), unit);
      }
      if (file.table === 'quarantine') continue;
      const id = dayKey(file.table, file.dt);
      rows.set(id, [...(rows.get(id) ?? []), ...decodeRows(held.bytes)]);
    }
    for (const id of new Set([...rows.keys(), ...truth.files.keys()])) {
      const [table = '', dt = ''] = id.split(' dt=');
      if (this.hasExpired(table, dt)) continue;
      if (!this.isAsExpected(facts.objects, table, rows.get(id), truth.files.get(id))) {
        fail("a unit's files are not its records' rows", id, unit);
      }
    }
    this.#rowsOfAttempt.set(attempt, rows);
  }

  /** Of an object that was written once more since the reader began, persons may be missing whom it did not know of. */
  isAsExpected(
    objects: readonly PlannedObject[],
    table: string,
    rows: readonly Row[] = [],
    expected: readonly Row[] = [],
  ): boolean {
    if (isSame(rows, expected)) return true;
    if (!objects.some(({ key }) => this.#options.isRewritten(key))) return false;
    const persons = this.forgotten();
    return isSame(rowsWithout(table, rows, persons), rowsWithout(table, expected, persons));
  }

  /** The halves are derived from the plan: the first half of the objects, and the rest. */
  #split(unit: string, { objects, ...facts }: UnitFacts, [a, b]: [string, string]): void {
    if (objects.length < 2) fail('a unit of one object was split', unit);
    const middle = Math.ceil(objects.length / 2);
    this.units.set(a, { ...facts, objects: objects.slice(0, middle) });
    this.units.set(b, { ...facts, objects: objects.slice(middle) });
  }

  #generated(key: string, generation: Generation): void {
    const { table_name: table, dt, location, file_list, rows_in, rows_out, duplicates } = generation;
    const id = dayKey(table, dt);
    const before = this.#generations.get(id) ?? [];
    if (generation.generation !== before.length) fail('a generation is out of turn', key);
    if (this.#isLongGone(table, dt)) fail('a day is made again that has expired', key);
    const other = this.#generationOfLocation.get(location);
    if (other) fail('two generations share a location', location);
    this.#generations.set(id, [...before, generation]);
    this.#generationOfLocation.set(location, generation);

    const named = file_list.map((file) => file.key).sort();
    const there = [...this.#options.lake.keys(location)];
    if (there.length < named.length && this.#hasNoGrace(table, dt)) return;
    if (named.join() !== there.join()) {
      fail('a location holds other files than its generation names', key, `${there.length}, not ${named.length}`);
    }
    const rows = there.flatMap((file) => decodeRows(this.#options.lake.held(file)?.bytes ?? new Uint8Array()));
    const { erased, erasures = -1 } = generation;
    if (rows.length !== rows_out || rows_in - rows_out !== duplicates + (erased ?? 0)) {
      fail('a generation counts other rows', key);
    }
    this.#rowsAt.set(location, rows);
    if (rowsWithout(table, rows, this.forgotten(erasures)).some((row, i) => row !== rows[i])) {
      fail('a generation has rows of who it says it was looked through for', key);
    }
    if (table === 'recipient_messages') this.#rolledUp(key, generation, rows, before.at(-1));
    else this.#settled(key, generation, rows, before.at(-1));
  }

  #settled(key: string, generation: Generation, rows: readonly Row[], before: Generation | undefined): void {
    const { table_name: table, attempt_list } = generation;
    const attempts = new Set(attempt_list);
    if (generation.rebuilt?.instead_of.some((attempt) => !attempts.has(attempt))) {
      fail('a rebuilt day leaves an attempt that it stands for to be taken again', key);
    }
    if (attempts.size !== attempt_list.length) fail('a generation takes an attempt twice', key);
    const lost = before?.attempt_list.find((attempt) => !attempts.has(attempt));
    if (lost !== undefined) fail('a generation lost an attempt of the one before', key, lost);
    const everybody = this.forgotten();
    const expected = rowsWithout(table, deduplicated(table, this.#rowsOfGeneration(generation, key)), everybody);
    if (!isSame(rowsWithout(table, rows, everybody), expected)) fail('a generation is not the rows of its units', key);
  }

  #rolledUp(
    key: string,
    { dt, inputs = [], erased, erasures }: Generation,
    rows: readonly Row[],
    before?: Generation,
  ): void {
    if (erased) {
      const those = this.#rowsAt.get(before?.location ?? '') ?? [];
      if (!isSame(rows, rowsWithout('recipient_messages', those, this.forgotten(erasures)))) {
        fail('a rolled-up day lost other rows than of who is to be forgotten', key);
      }
      return;
    }
    if (this.#isLongGone('events', addDays(dt, -1))) fail('a send day is computed whose events have expired', key);
    const events = inputs.flatMap((input) => {
      const generation = this.#generations.get(dayKey('events', input.dt))?.[input.generation ?? -1];
      const settled = this.#rowsAt.get(generation?.location ?? '') ?? [];
      return [...settled, ...this.#rowsOf(input.attempts, 'events', input.dt, key)];
    });
    const range = { first: dt, last: dt, days: this.#options.attributionDays };
    if (!isSame(rows, recipientMessages(events, range))) fail('a rolled-up day is not what it says it read', key);
  }

  /** Of what a rebuild has read its rows, of the other attempts those of their first readings. */
  #rowsOfGeneration({ table_name: table, dt, attempt_list, rebuilt }: Generation, key: string): Row[] {
    const replaced = new Set(rebuilt?.instead_of);
    const first = attempt_list.filter((attempt) => !replaced.has(attempt));
    const again = (rebuilt?.attempts ?? []).flatMap((attempt) => {
      const rows = this.rebuilds.rowsOf(rebuilt?.rebuild ?? -1, attempt, dayKey(table, dt));
      return rows ?? fail('a generation takes an attempt of a rebuild that no outcome names', key, attempt);
    });
    return [...again, ...this.#rowsOf(first, table, dt, key)];
  }

  #rowsOf(attempts: readonly string[], table: string, dt: string, key: string): Row[] {
    return attempts.flatMap((attempt) => {
      if (this.outcomes.get(unitOfAttempt(attempt))?.attempt !== attempt) {
        fail('a generation takes an attempt that no outcome names', key, attempt);
      }
      return this.#rowsOfAttempt.get(attempt)?.get(dayKey(table, dt)) ?? [];
    });
  }

  #removed(key: string): void {
    const [, name = ''] = /^v1\/(?:live|settled)\/(\w+)\//.exec(key) ?? [];
    this.changes++;
    if (name !== '' && this.hasExpired(name, dayOfKey(key))) {
      const seen = this.#options.partitions.location(name, dayOfKey(key));
      if (seen !== undefined && key.startsWith(seen) && !this.#hasNoGrace(name, dayOfKey(key)))
        fail('a file of a day that has expired was removed before readers were gone', key);
      return;
    }
    const current = name === '' ? undefined : this.newest(name, dayOfKey(key));
    if (current && this.isDamaged(current)) fail('something of a day was removed beside a damaged generation', key);
    if (key.startsWith('v1/live/')) {
      this.#removedLive(key);
      return;
    }
    if (!key.startsWith('v1/settled/')) fail('a record of the protocol was removed', key);
    const generation = this.#generationAround(key);
    if (!generation) {
      this.rebuilds.removed(key);
      return;
    }
    const { table_name: table, dt, location } = generation;
    if (this.#options.partitions.location(table, dt) === location) fail('what readers see was removed', key);
    if (this.newest(table, dt) === generation) fail('a file of the newest generation was removed', key);
  }

  /** A live file may go when nobody will ever read it: lost against another attempt, or settled and out of sight. */
  #removedLive(key: string): void {
    const attempt = attemptOfFile(key);
    if (attempt === null) return;
    const outcome = this.outcomes.get(unitOfAttempt(attempt));
    if (!outcome) fail('a live file of an open unit was removed', key);
    const file = outcome.files.find((named) => named.key === key);
    if (!file) return;
    const newest = this.newest(file.table, file.dt);
    if (!newest?.attempt_list.includes(attempt)) fail('a live file was removed that no generation has seen', key);
    if (this.#options.partitions.location(file.table, file.dt) === liveFolder(file.table, file.dt)) {
      fail('a live file was removed that readers see', key);
    }
  }

  #pointed(table: string, dt: string, location: string | undefined, before: string | undefined): void {
    if (location === undefined) {
      if (!this.hasExpired(table, dt)) fail('readers lose a day that has not expired', dayKey(table, dt));
      return;
    }
    if (location === liveFolder(table, dt)) {
      if (before !== undefined) fail('a settled day shows its live files again', dayKey(table, dt));
      return;
    }
    const generation = this.#generationOfLocation.get(location);
    if (!generation || generation.table_name !== table || generation.dt !== dt) {
      fail('readers are pointed at what no generation names', location);
    }
    const missing = generation.file_list.find(({ key }) => !this.#options.lake.held(key) && !this.damaged.has(key));
    // Until the next run hides the day again, readers see what is left of it.
    if (missing && !this.#hasNoGrace(table, dt)) fail('readers are pointed at files that are gone', missing.key);
    if (dayOfKey(location) !== dt) fail('readers are pointed at another day', location);
  }
}

function isSame(a: readonly Row[], b: readonly Row[]): boolean {
  if (a.length !== b.length) return false;
  const [left, right] = [meanings(a), meanings(b)];
  return left.every((text, i) => text === right[i]);
}
