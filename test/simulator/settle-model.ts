/**
 * An exhaustive model of one day of one table: transform writes live files and outcomes, settles make generations, readers'
 * partition is switched, the collector removes what nobody reads. Every state that can be reached is visited, the shortest
 * way to a broken rule is printed. u0 and u1 share the record r0, u2 is late; two settles run at once, one of them may die
 * anywhere, and the engine's query goes on when the settle that started it has died.
 *
 *     node test/simulator/settle-model.ts      the protocol, then variants of it that must break
 *
 * With `leftover`, a try that died has left a file that no outcome names, on a day of which no unit has a row: a settle that
 * finds no generation and nothing unseen there, and readers at live, makes an empty generation.
 *
 * With `damage`, the newest generation's file is damaged once, at any time, and the collector removes live files, too. Then
 * nothing of the day may go, and a settle makes the day again from the newest older generation that is whole and the live
 * files. It looks at what it takes in right before its query reads it: one step here.
 *
 * With `expiry`, the day expires at any time. Whoever begins then leaves it alone, and a settle that is under way may still show it. The
 * collector hides it, and removes all of it while readers see nothing and nobody is under way; from then on nothing shows it.
 */
import { pathToFileURL } from 'node:url';

export interface Variant {
  /** settles of one generation write into one location */
  sharedLocation?: boolean;
  /** the rows before are read where the partition points, not where the newest generation says */
  readThroughPartition?: boolean;
  /** transform points the partition at live, whatever it pointed at */
  transformRepoints?: boolean;
  /** the collector asks the newest generation, and not the catalog, what readers see */
  collectByNewest?: boolean;
  /** outputs that no generation names are removed at any time */
  collectUnnamedEarly?: boolean;
  leftover?: boolean;
  /** with a leftover, no empty generation is made */
  withoutEmptyGeneration?: boolean;
  damage?: boolean;
  /** with damage, the collector doesn't look whether the newest generation is whole */
  collectUnverified?: boolean;
  /** with damage, a settle takes in the newest generation without looking at its files */
  settleUnverified?: boolean;
  expiry?: boolean;
  /** with expiry, settles go on with the day */
  settleExpired?: boolean;
  /** with expiry, transform shows what comes late */
  transformShowsExpired?: boolean;
  /** with expiry, the collector doesn't ask whether readers are gone */
  collectSeen?: boolean;
}

type Settle =
  | { at: 'idle' }
  | {
      at: 'heal' | 'list' | 'query' | 'wait' | 'commit' | 'switch';
      base: number;
      from: number;
      unseen: number[];
      query: number;
    };

interface State {
  /** by unit: nothing, live file written, partition ensured, outcome created */
  units: (0 | 1 | 2 | 3)[];
  /** of the file that no outcome names: to come, written, and its partition ensured; null if there is none */
  leftover: 0 | 1 | 2 | null;
  /** rows by location */
  settled: Record<string, string[]>;
  generations: { units: number[]; location: string }[];
  queries: { at: 'start' | 'writing' | 'done' | 'failed'; to: string; rows: string[] }[];
  /** where readers look: nowhere, at live files, at a location */
  partition: string | null;
  settles: Settle[];
  runs: number[];
  deaths: number;
  /** a settle has looked for unseen units when all was decided and the leftover could be seen */
  looked: boolean;
  /** the location whose file is not what it was; null before that, undefined where no damage can happen */
  damaged?: string | null;
  /** units whose live files the collector has removed */
  collected: number[];
  /** a removal took the last copy of a row */
  isLost: boolean;
  /** the day has expired, and what the collector found of it is gone */
  expiry?: 'none' | 'expired' | 'gone';
}

export interface Explored {
  states: number;
  /** the first rule that breaks, and the shortest way to it; null if none does */
  broken: { rule: string; way: string[] } | null;
}

const LEFTOVER_ROW = 'leftover';
const DAMAGED_ROW = 'damaged';
const IDLE: Settle = { at: 'idle' };
const RUNS_OF_A_SETTLE = 2;
const distinctNumbers = (all: readonly number[]): number[] => [...new Set(all)].sort();
const distinct = (rows: readonly string[]): string[] => [...new Set(rows)].sort();

/** Visits every state of the variant, breadth first, until a rule breaks. */
export function explore(variant: Variant = {}): Explored {
  const model = new SettleModel(variant);
  const first = model.first();
  const cameFrom = new Map<string, { label: string; before: string } | null>([[JSON.stringify(first), null]]);
  const wayTo = (text: string): string[] => {
    const step = cameFrom.get(text);
    return step ? [...wayTo(step.before), step.label] : [];
  };
  let front = [JSON.stringify(first)];
  while (front.length > 0) {
    const next: string[] = [];
    for (const text of front) {
      const state: State = JSON.parse(text);
      const rule = model.brokenIn(state);
      if (rule !== null) return { states: cameFrom.size, broken: { rule, way: wayTo(text) } };
      for (const [label, after] of model.moves(text, state)) {
        const key = JSON.stringify(after);
        if (cameFrom.has(key)) continue;
        cameFrom.set(key, { label, before: text });
        next.push(key);
      }
    }
    front = next;
  }
  return { states: cameFrom.size, broken: null };
}

type Move = [label: string, after: State];

class SettleModel {
  readonly #variant: Variant;
  /** rows of each unit */
  readonly #rows: readonly (readonly string[])[];

  constructor(variant: Variant) {
    this.#variant = variant;
    this.#rows = variant.leftover
      ? [['r0'], []]
      : variant.damage || variant.expiry
        ? [['r0'], ['r1']]
        : [['r0'], ['r0', 'r1'], ['r2']];
  }

  first(): State {
    return {
      units: this.#rows.map(() => 0),
      leftover: this.#variant.leftover ? 0 : null,
      settled: {},
      generations: [],
      queries: [],
      partition: null,
      settles: [IDLE, IDLE],
      runs: [0, 0],
      deaths: 1,
      looked: false,
      ...(this.#variant.damage ? { damaged: null } : {}),
      ...(this.#variant.expiry ? { expiry: 'none' } : {}),
      collected: [],
      isLost: false,
    };
  }

  /** Each step that somebody can take, on a copy of the state of its own. */
  moves(text: string, state: State): Move[] {
    const found: Move[] = [];
    const move = (label: string, change: (after: State) => void): void => {
      const after: State = JSON.parse(text);
      change(after);
      found.push([label, after]);
    };
    this.#leftoverMoves(state, move);
    state.units.forEach((step, unit) => {
      this.#unitMoves(state, step, unit, move);
    });
    state.queries.forEach((_, i) => {
      this.#queryMoves(state, i, move);
    });
    state.settles.forEach((settle, i) => {
      this.#settleMoves(state, settle, i, move);
    });
    this.#collectorMoves(state, move);
    this.#damageMoves(state, move);
    this.#expiryMoves(state, move);
    return found;
  }

  #expiryMoves({ expiry, partition, settles, queries }: State, move: MakeMove): void {
    if (expiry === 'none') move('the day expires', (after) => Object.assign(after, { expiry: 'expired' }));
    if (expiry === undefined || expiry === 'none') return;
    if (partition !== null) move('the collector hides the day', (after) => Object.assign(after, { partition: null }));
    const isQuiet =
      settles.every(({ at }) => at === 'idle') && queries.every(({ at }) => at === 'done' || at === 'failed');
    if (!isQuiet || expiry === 'gone' || (partition !== null && !this.#variant.collectSeen)) return;
    move('the collector removes the day', (after) => {
      after.expiry = 'gone';
      after.settled = {};
      after.collected = after.units.flatMap((step, unit) => (step > 0 ? [unit] : []));
    });
  }

  #damageMoves({ damaged, generations, settled }: State, move: MakeMove): void {
    const newest = generations.at(-1)?.location;
    if (damaged !== null || newest === undefined || (settled[newest] ?? []).length === 0) return;
    move(`${newest} is damaged`, (after) => {
      after.damaged = newest;
      after.settled[newest] = [DAMAGED_ROW];
    });
  }

  #leftoverMoves({ leftover, partition }: State, move: MakeMove): void {
    if (leftover === 0) move('a try leaves a file and dies', (after) => Object.assign(after, { leftover: 1 }));
    if (leftover !== 1 || partition !== null) return;
    move('a try had ensured the partition', (after) => Object.assign(after, { leftover: 2, partition: 'live' }));
  }

  #unitMoves({ leftover }: State, step: number, unit: number, move: MakeMove): void {
    const isEmpty = this.#rows[unit]?.length === 0;
    // who reads the unit again comes after the try that died
    if (isEmpty && leftover === 0) return;
    if (isEmpty && step === 0) move(`u${unit} creates its outcome, with no row of the day`, at(3));
    else if (step === 0) move(`u${unit} writes its file`, at(1));
    else if (step === 1) {
      move(`u${unit} ensures the partition`, (after) => {
        at(2)(after);
        if (isExpired(after) && !this.#variant.transformShowsExpired) return;
        if (after.partition === null || this.#variant.transformRepoints) after.partition = 'live';
      });
    } else if (step === 2) move(`u${unit} creates its outcome`, at(3));

    function at(reached: 1 | 2 | 3): (after: State) => void {
      return (after) => {
        after.units[unit] = reached;
      };
    }
  }

  #queryMoves({ queries, settled }: State, i: number, move: MakeMove): void {
    const query = queries[i];
    if (!query) return;
    // that variant needs three queries: they are one step each there
    const isOneStep = this.#variant.readThroughPartition === true && query.at === 'start';
    const set = (after: State, reached: 'writing' | 'done' | 'failed'): void => {
      const its = after.queries[i];
      if (its) its.at = reached;
    };
    if (query.at === 'start' && !isOneStep) {
      const isTaken = (settled[query.to] ?? []).length > 0;
      move(`query ${i} finds its location ${isTaken ? 'taken' : 'empty'}`, (after) =>
        set(after, isTaken ? 'failed' : 'writing'),
      );
    }
    if (query.at !== 'writing' && !isOneStep) return;
    move(`query ${i} writes to ${query.to}`, (after) => {
      after.settled[query.to] = [...(after.settled[query.to] ?? []), ...query.rows].sort();
      set(after, 'done');
    });
  }

  #settleMoves(state: State, settle: Settle, i: number, move: MakeMove): void {
    const go = (label: string, change: (after: State) => Settle): void =>
      move(`settle ${i} ${label}`, (after) => {
        after.settles[i] = change(after);
      });
    if (settle.at === 'idle') {
      if ((state.runs[i] ?? 0) >= RUNS_OF_A_SETTLE) return;
      if (isExpired(state) && !this.#variant.settleExpired) return;
      go('reads the newest generation', (after) => {
        after.runs[i] = (after.runs[i] ?? 0) + 1;
        const base = after.generations.length - 1;
        return { at: 'heal', base, from: base, unseen: [], query: -1 };
      });
      return;
    }
    if (state.deaths > 0) {
      go('dies', (after) => {
        after.deaths--;
        return IDLE;
      });
    }
    const base = state.generations[settle.base];
    const asked = state.queries[settle.query];
    if (settle.at === 'heal') {
      go('heals the partition', (after) => {
        if (base) after.partition = base.location;
        return { ...settle, at: 'list' };
      });
    } else if (settle.at === 'list') go('lists unseen units', (after) => this.#listed(after, settle));
    else if (settle.at === 'query') {
      if (state.queries.length >= (this.#variant.readThroughPartition ? 3 : 2)) return;
      if (!this.#variant.settleUnverified && this.#isDamaged(state, settle.from)) {
        go('finds the generation damaged and lists again', () => ({ ...settle, at: 'list' }));
        return;
      }
      go('starts its query', (after) => this.#started(after, settle, after.generations[settle.from]?.location));
    } else if (settle.at === 'wait') {
      if (asked?.at === 'failed') go('gives up', () => IDLE);
      if (asked?.at === 'done') go('sees its query done', () => ({ ...settle, at: 'commit' }));
    } else if (settle.at === 'commit') {
      go('creates the generation, or finds it made', (after) => {
        if (after.generations.length !== settle.base + 1) return IDLE;
        const from = after.generations[settle.from];
        const units = [...(from?.units ?? []), ...settle.unseen].sort();
        after.generations.push({ units, location: asked?.to ?? `${settle.base + 1}-empty${i}` });
        return { ...settle, at: 'switch', base: settle.base + 1 };
      });
    } else {
      go('switches the partition', (after) => {
        after.partition = base?.location ?? null;
        return IDLE;
      });
    }
  }

  /** Is what lies there, or has gone, no longer the generation's rows? */
  #isDamaged({ damaged, generations, settled }: State, n: number): boolean {
    const location = generations[n]?.location;
    return location !== undefined && (damaged === location || settled[location] === undefined);
  }

  #listed(after: State, settle: Exclude<Settle, { at: 'idle' }>): Settle {
    if (!this.#variant.settleUnverified && after.damaged !== undefined && this.#isDamaged(after, settle.base)) {
      return this.#listedAgain(after, settle);
    }
    const seen = after.generations[settle.base]?.units ?? [];
    const isAllDecided = after.units[1] === 3;
    if (isAllDecided && this.#visible(after).includes(LEFTOVER_ROW)) after.looked = true;
    const unseen = this.#rows.flatMap((rows, unit) =>
      rows.length > 0 && after.units[unit] === 3 && !seen.includes(unit) ? [unit] : [],
    );
    if (unseen.length > 0) return { ...settle, at: 'query', unseen };
    const makesEmpty = this.#variant.leftover === true && !this.#variant.withoutEmptyGeneration;
    const hasLostFiles = settle.base < 0 && after.partition === 'live' && after.leftover !== 0 && isAllDecided;
    return makesEmpty && hasLostFiles ? { ...settle, at: 'commit' } : IDLE;
  }

  /** From the newest older generation that is whole; nothing if something of the damaged one is nowhere else. */
  #listedAgain(after: State, settle: Exclude<Settle, { at: 'idle' }>): Settle {
    let from = settle.base - 1;
    while (from >= 0 && this.#isDamaged(after, from)) from--;
    const seen = after.generations[from]?.units ?? [];
    const unseen = after.units.flatMap((step, unit) =>
      step === 3 && !after.collected.includes(unit) && !seen.includes(unit) ? [unit] : [],
    );
    const wanted = after.generations[settle.base]?.units ?? [];
    const isWhole = wanted.every((unit) => seen.includes(unit) || unseen.includes(unit));
    return isWhole ? { ...settle, at: 'query', from, unseen } : IDLE;
  }

  /** Units whose rows lie in a live file, or in a generation that is whole. */
  #kept(state: State): number[] {
    return state.units.flatMap((step, unit) => {
      const isLive = step > 0 && !state.collected.includes(unit);
      const isSettled = state.generations.some(({ units }, n) => units.includes(unit) && !this.#isDamaged(state, n));
      return step === 3 && (isLive || isSettled) ? [unit] : [];
    });
  }

  #started(after: State, settle: Exclude<Settle, { at: 'idle' }>, newest: string | undefined): Settle {
    let before: readonly string[] = newest === undefined ? [] : (after.settled[newest] ?? []);
    if (newest !== undefined && this.#variant.readThroughPartition) {
      before = after.partition === 'live' ? [] : this.#visible(after);
    }
    const query = after.queries.length;
    const rows = distinct([...before, ...settle.unseen.flatMap((unit) => this.#rows[unit] ?? [])]);
    const to = this.#variant.sharedLocation ? `${settle.base + 1}` : `${settle.base + 1}-run${query}`;
    after.queries.push({ at: 'start', to, rows });
    return { ...settle, at: 'wait', query };
  }

  /** Only long after the newest generation was made, so never while a settle runs; heals first, then asks the catalog. */
  #collectorMoves(state: State, move: MakeMove): void {
    const { generations, settled, settles } = state;
    const newest = generations.at(-1)?.location;
    if (isExpired(state)) return;
    if (newest !== undefined && settles.every(({ at }) => at === 'idle')) {
      move('the collector removes old generations', (after) => {
        if (!this.#variant.collectByNewest) after.partition = newest;
        const isVerified = this.#variant.damage && !this.#variant.collectUnverified;
        if (isVerified && this.#isDamaged(after, generations.length - 1)) return;
        const kept = this.#kept(after);
        if (this.#variant.damage)
          after.collected = distinctNumbers([...after.collected, ...(generations.at(-1)?.units ?? [])]);
        for (const { location } of generations) {
          if (location === newest || (!this.#variant.collectByNewest && location === after.partition)) continue;
          delete after.settled[location];
        }
        const left = this.#kept(after);
        if (!kept.every((unit) => left.includes(unit))) after.isLost = true;
      });
    }
    for (const [location, rows] of Object.entries(settled)) {
      const isNamed = generations.some((generation) => generation.location === location);
      // what lost against another generation of its number, or died
      const hasLost = generations[Number.parseInt(location, 10)] !== undefined;
      if (isNamed || rows.length === 0 || !(hasLost || this.#variant.collectUnnamedEarly)) continue;
      move(`the collector removes ${location}, which no generation names`, (after) => {
        delete after.settled[location];
      });
    }
  }

  /** The rule that the state breaks, if any. */
  brokenIn(state: State): string | null {
    const { generations, partition, settled, settles, deaths, looked, damaged, isLost } = state;
    if (isLost) return 'the last copy of a row was removed';
    if (state.expiry === 'gone') return partition === null ? null : 'a day that has expired is seen when it is gone';
    const newest = generations.at(-1);
    const isQuiet = settles.every(({ at }) => at === 'idle') && deaths > 0;
    if (newest) {
      const rows = distinct(newest.units.flatMap((unit) => this.#rows[unit] ?? []));
      const isWrong = JSON.stringify(settled[newest.location] ?? []) !== JSON.stringify(rows);
      if (isWrong && newest.location !== damaged) {
        return 'the newest generation is not the rows of its units';
      }
      if (partition === 'live' && isQuiet) return 'a settled day shows its live files again';
      const shown = generations.find(({ location }) => location === partition);
      if (shown && shown.units.length > 0 && this.#visible(state).length === 0) return 'a settled day is empty';
    }
    const isSeen = this.#visible(state).includes(LEFTOVER_ROW);
    return looked && isQuiet && isSeen ? 'a file that no outcome names stays in sight' : null;
  }

  /** Rows that readers see. */
  #visible({ partition, units, leftover, settled }: State): readonly string[] {
    if (partition === null) return [];
    if (partition !== 'live') return settled[partition] ?? [];
    const live = units.flatMap((step, unit) => (step > 0 ? (this.#rows[unit] ?? []) : []));
    return leftover ? [...live, LEFTOVER_ROW] : live;
  }
}

const isExpired = ({ expiry = 'none' }: State): boolean => expiry !== 'none';

type MakeMove = (label: string, change: (after: State) => void) => void;

/** The protocol itself, which breaks no rule. */
export const PROTOCOL: Readonly<Record<string, Variant>> = {
  'the protocol': {},
  'with a leftover': { leftover: true },
  'with damage': { damage: true },
  'with expiry': { expiry: true },
};

/** Variants that break a rule of the protocol, each in one way. */
export const BROKEN_VARIANTS: Readonly<Record<string, Variant>> = {
  'a location that two settles share': { sharedLocation: true },
  'reading through the partition': { readThroughPartition: true },
  'a transform that re-points the partition': { transformRepoints: true },
  'collecting without asking the catalog': { collectByNewest: true },
  'collecting unnamed outputs early': { collectUnnamedEarly: true },
  'collecting beside a damaged generation': { damage: true, collectUnverified: true },
  'taking in a damaged generation': { damage: true, settleUnverified: true },
  'settling a day that has expired': { expiry: true, settleExpired: true },
  'a transform that shows what comes late for a day that has expired': { expiry: true, transformShowsExpired: true },
  'removing a day that has expired before readers are gone': { expiry: true, collectSeen: true },
  'no empty generation over a leftover': { leftover: true, withoutEmptyGeneration: true },
};

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  let failed = 0;
  for (const [name, variant] of Object.entries(PROTOCOL)) {
    const { states, broken } = explore(variant);
    if (broken) failed++;
    console.log(`${name}: ${states} states, ${broken ? `${broken.rule}: ${broken.way.join(' > ')}` : 'holds'}`);
  }
  for (const [name, variant] of Object.entries(BROKEN_VARIANTS)) {
    const { states, broken } = explore(variant);
    if (!broken) failed++;
    console.log(
      `${name}: ${states} states, ${broken ? `broken in ${broken.way.length} steps: ${broken.rule}` : 'NOT CAUGHT'}`,
    );
  }
  process.exitCode = failed > 0 ? 1 : 0;
}
