/** What must hold of rebuilds: what they plan, read and make, which days readers are switched to, and what may go. */
import { DAY_MS, startOfDay } from '#lake/days.ts';
import { parentOf } from '#lake/protocol/halves.ts';
import { dayOfKey, keyInRebuild, rebuildOfFolder } from '#lake/protocol/keys.ts';
import { includesDay, isWanted, type Rebuild, type RebuildEnd } from '#lake/protocol/rebuilds.ts';
import type { Generation, Outcome, PlannedObject, RebuildPlan } from '#lake/protocol/records.ts';
import type { Invariants, InvariantsOptions } from './invariants.ts';
import { dayKey, decodeRows, parsed, type Row } from './rows.ts';
import { fail } from './violation.ts';

const ALL_DAYS = { from: null, to: null };

export class RebuildRules {
  readonly #options: InvariantsOptions;
  readonly #facts: Invariants;
  /** by number and unit */
  readonly #units = new Map<string, readonly PlannedObject[]>();
  /** by number and unit */
  readonly #outcomes = new Map<string, Outcome>();
  /** by number and attempt, and then by day */
  readonly #rows = new Map<string, Map<string, Row[]>>();
  /** by number, day and generation */
  readonly #made = new Map<string, Generation>();
  readonly #ofLocation = new Map<string, number>();
  readonly #ends = new Map<number, RebuildEnd>();
  /** by number; when it was begun by true time */
  readonly #wanted = new Map<number, Rebuild>();
  #newest = -1;
  /** numbers of those that gave an object up */
  readonly #givenUp = new Set<string>();
  /** by number, day and table */
  readonly #kept = new Set<string>();

  constructor(options: InvariantsOptions, facts: Invariants) {
    this.#options = options;
    this.#facts = facts;
  }

  /** Files of days that a rebuild has made and nobody sees. */
  *waiting(): Generator<string> {
    for (const { file_list, location } of this.#made.values()) {
      if (!this.#facts.isGeneration(location)) for (const { key } of file_list) yield key;
    }
  }

  get hasAny(): boolean {
    return this.#newest >= 0;
  }

  /** What rebuilds have read that readers were switched to. */
  *readAgain(): Generator<{ objects: readonly PlannedObject[]; outcome: Outcome }> {
    for (const [id, outcome] of this.#outcomes) {
      const isSwitched = this.#ends.get(Number(id.split(' ')[0]))?.is === 'switched';
      if (isSwitched && !outcome.split) yield { objects: this.#units.get(id) ?? [], outcome };
    }
  }

  /** The newest rebuild, if readers were to be switched to it and don't have all of its days. */
  unfinishedSwitch(): number | null {
    const n = Math.max(-1, ...[...this.#made.keys()].map((key) => Number(key.split(' ')[0])), ...this.#ends.keys());
    const end = this.#ends.get(n);
    if (end?.is !== 'switched') return null;
    for (const [key, day] of this.#made) {
      if (!key.startsWith(`${n} `) || day.table_name === 'recipient_messages') continue;
      if (!isWanted(end, { table: day.table_name, dt: day.dt })) continue;
      if (this.#kept.has(`${n} dt=${day.dt} ${day.table_name}`)) continue;
      if (this.#facts.hasExpired(day.table_name, day.dt)) continue;
      const generations = this.#facts.generations.get(dayKey(day.table_name, day.dt)) ?? [];
      if (!generations.some(({ rebuilt }) => rebuilt?.rebuild === n)) return n;
      const seen = this.#options.partitions.location(day.table_name, day.dt);
      const newest = generations.at(-1);
      if (seen !== newest?.location && (seen !== undefined || (newest?.rows_out ?? 0) > 0)) return n;
    }
    return null;
  }

  /** Locations of what a rebuild had read that was over days ago; a damaged day keeps all there is of it. */
  *left(): Generator<string> {
    const { lake, now } = this.#options;
    const folders = Map.groupBy(lake.keys('v1/settled/'), (key) => key.slice(0, key.lastIndexOf('/') + 1));
    for (const [folder, keys] of folders) {
      const n = rebuildOfFolder(folder) ?? -1;
      const end = this.#ends.get(n);
      if (!end) continue;
      const since = Math.max(
        end.decided_at,
        this.#wanted.get(this.#newest)?.created_at ?? 0,
        ...keys.map((key) => lake.held(key)?.modified ?? 0),
      );
      const [, table = ''] = /^v1\/settled\/(\w+)\//.exec(folder) ?? [];
      const newest = this.#facts.newest(table, dayOfKey(folder));
      if (now() - since > 4 * DAY_MS && !(newest && this.#facts.isDamaged(newest))) yield folder;
    }
  }

  /** Told of each record of a rebuild that is created. */
  created(key: string, bytes: Uint8Array): void {
    if (/rebuilds\/\d+\.json$/.test(key)) this.#begun(parsed<Rebuild>(bytes));
    const [, n = '', of = ''] = /^v1\/state\/rebuilds\/(\d+)\/(state\/\w+|days|end)/.exec(key) ?? [];
    if (of === 'state/plans') this.#planned(n, key, parsed<RebuildPlan>(bytes));
    else if (of === 'state/units') this.#read(n, key, parsed<Outcome>(bytes));
    else if (of === 'days' && key.endsWith('/kept.json')) this.#keeps(n, key);
    else if (of === 'days') this.#makes(n, parsed<Generation>(bytes));
    else if (of === 'end') this.#ended(n, parsed<RebuildEnd>(bytes));
  }

  #begun(rebuild: Rebuild): void {
    this.#wanted.set(rebuild.n, { ...rebuild, created_at: this.#options.now() });
    this.#newest = Math.max(this.#newest, rebuild.n);
  }

  #planned(n: string, key: string, { units }: RebuildPlan): void {
    for (const { id, objects } of units) {
      if (this.#units.has(`${n} ${id}`)) fail('a unit is in two plans of a rebuild', key, id);
      this.#units.set(`${n} ${id}`, objects);
    }
  }

  #read(n: string, key: string, outcome: Outcome): void {
    const { lake, truth } = this.#options;
    if (outcome.poison) this.#givenUp.add(n);
    const objects = this.#units.get(`${n} ${outcome.unit}`);
    if (!objects) fail('a rebuild has an outcome of no planned unit', key);
    this.#outcomes.set(`${n} ${outcome.unit}`, outcome);
    if (outcome.split) {
      const middle = Math.ceil(objects.length / 2);
      this.#units.set(`${n} ${outcome.split[0]}`, objects.slice(0, middle));
      this.#units.set(`${n} ${outcome.split[1]}`, objects.slice(middle));
      return;
    }
    const rows = new Map<string, Row[]>();
    for (const file of outcome.files) {
      const held = lake.held(keyInRebuild(Number(n), file.key));
      if (file.table === 'quarantine' || (!held && this.#facts.hasExpired(file.table, file.dt))) continue;
      if (!held) fail('an outcome names a file that is not there', file.key);
      const id = dayKey(file.table, file.dt);
      rows.set(id, [...(rows.get(id) ?? []), ...decodeRows(held.bytes)]);
    }
    // What had been rewritten before it was read first is read so again; what is gone is excused by who took it away.
    const rewritten = objects
      .filter(({ key: object, etag }) => etag !== this.#facts.etagOf(object))
      .map(({ key: object, etag }) => ({ key: object, problem: 'raw_changed' as const, etag }));
    const problems = [...outcome.problems, ...rewritten];
    const expected = truth(objects, { ...outcome, kind: 'replay', problems });
    for (const id of new Set([...rows.keys(), ...expected.files.keys()])) {
      const [table = '', dt = ''] = id.split(' dt=');
      if (this.#facts.hasExpired(table, dt)) continue;
      if (!this.#facts.isAsExpected(objects, table, rows.get(id), expected.files.get(id))) {
        fail("a rebuild's files are not its records' rows", id, outcome.unit);
      }
    }
    this.#rows.set(`${n} ${outcome.attempt}`, rows);
  }

  #keeps(n: string, key: string): void {
    const isExcused = this.#options.isTamperedWith() || this.#givenUp.has(n) || this.#isHardlyOver(dayOfKey(key));
    if (!isExcused) fail('a day is kept whose raw data is as it was', key);
    this.#kept.add(`${n} ${key.split('/').slice(-3, -1).join(' ')}`);
  }

  #makes(n: string, made: Generation): void {
    this.#made.set(`${n} ${dayKey(made.table_name, made.dt)} ${made.generation}`, made);
    this.#ofLocation.set(made.location, Number(n));
  }

  #ended(n: string, end: RebuildEnd): void {
    this.#ends.set(Number(n), end);
    if (end.is === 'switched') this.#switched(n, end);
  }

  /** Rows of a day that an attempt of a rebuild has read; undefined if no outcome names the attempt. */
  rowsOf(n: number, attempt: string, day: string): readonly Row[] | undefined {
    const rows = this.#rows.get(`${n} ${attempt}`);
    return rows && (rows.get(day) ?? []);
  }

  /** By a clock that is wrong by a day it may not be. */
  #isHardlyOver(dt: string): boolean {
    return this.#options.now() - startOfDay(dt) < 3 * DAY_MS;
  }

  /** Readers are switched once every day is made; a day that was over only just now excuses itself. */
  #switched(n: string, end: RebuildEnd): void {
    if (this.#options.isTamperedWith() || this.#givenUp.has(n)) return;
    const wanted = this.#wanted.get(Number(n)) ?? ALL_DAYS;
    if (wanted.from === null && wanted.to === null && !this.#facts.hasExpiries) this.#isAllPlanned(n);
    for (const [id, generations] of this.#facts.generations) {
      const newest = generations.at(-1);
      if (!newest || newest.table_name === 'recipient_messages' || this.#isHardlyOver(newest.dt)) continue;
      if (!includesDay(wanted, newest.dt)) continue;
      // An empty one, which only hides files of attempts that lost, is nobody's reading.
      if (newest.attempt_list.length === 0) continue;
      if (this.#facts.hasExpired(newest.table_name, newest.dt)) continue;
      // What was read first while the switch looked is no part of it: today's code has read it.
      if (newest.attempt_list.every((attempt) => this.#facts.isRecent(attempt))) continue;
      if (!isWanted(end, { table: newest.table_name, dt: newest.dt }))
        fail('readers are switched to a rebuild before the last day is made', id);
    }
  }

  /** What was read before it was begun is in a plan of the rebuild. */
  #isAllPlanned(n: string): void {
    const begunAt = this.#wanted.get(Number(n))?.created_at ?? 0;
    for (const [unit, { status }] of this.#facts.outcomes) {
      if (this.#facts.units.get(unit)?.kind !== 'first' || parentOf(unit) !== null || status !== 'done') continue;
      const isOlder = (this.#facts.decidedAt(unit) ?? begunAt) < begunAt;
      if (isOlder && !this.#units.has(`${n} ${unit}`)) fail('readers are switched to a rebuild half planned', unit);
    }
  }

  /** What a rebuild under way has read or made may not go: it may still be switched to. */
  removed(key: string): void {
    const folder = key.slice(0, key.lastIndexOf('/') + 1);
    const read = rebuildOfFolder(folder);
    const n = read ?? this.#ofLocation.get(folder);
    // Once another was begun nobody goes on with a switch that was cut off.
    if (n === undefined || this.#ends.get(n)?.is === 'dropped' || (this.#ends.has(n) && this.#newest > n)) return;
    const [, table = ''] = /^v1\/settled\/(\w+)\//.exec(key) ?? [];
    if (table === 'recipient_messages' && this.#facts.isFrozen(dayOfKey(key))) return;
    const next = (this.#facts.newest(table, dayOfKey(key))?.generation ?? -1) + 1;
    const waits = this.#made.get(`${n} ${dayKey(table, dayOfKey(key))} ${next}`);
    if (read === null ? waits?.location === folder : !this.#ends.has(n)) fail('what a rebuild needs was removed', key);
  }
}
