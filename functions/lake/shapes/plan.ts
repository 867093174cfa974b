/**
 * Works out what to do with the values of a shape. The decoder decodes a record of the shape with a marker in place of each
 * value; where the markers appear in its rows shows what each column is made of. So there is no second decoder. What can't
 * be learned in this way is not planned, and the decoder reads it.
 */
import { eventId, eventIdText } from '../decode/emit.ts';
import { parseLink } from '../decode/link.ts';
import type { Pseudonyms } from '../decode/pseudonyms.ts';
import type { JsonObject, JsonValue } from '../read/record.ts';
import type { Settings } from '../settings.ts';
import type { EventRow } from '../tables/events.ts';
import type { ColumnBuffer, Value } from '../write/column.ts';
import type { Columns } from '../write/columns.ts';
import { InternedColumn } from '../write/interned.ts';
import { Memory } from '../write/memory.ts';
import { Int32Column, Int64Column } from '../write/numbers.ts';
import { TextColumn } from '../write/text.ts';
import {
  isMarked,
  type Kind,
  kindOf,
  MARKER,
  type Marker,
  markerOf,
  PROBES,
  setValue,
  timeOfMarker,
  valueAt,
  wayOf,
} from './kinds.ts';
import { addPut, Memo, type Names, type Puts, TABLES, type TableName } from './memo.ts';
import type { Leaf } from './shapes.ts';
import { Stretch } from './stretch.ts';
import { type Row, type Rows, Teacher } from './teacher.ts';

/** Bytes that are the same in every record of the shape. */
export interface Piece {
  bytes: Buffer;
  view: DataView;
}

/** What stands between the pieces of a template: a value as it is, in lower case, its domain, or its number. */
export type Gap = { as: 'bytes' | 'key' | 'domain' | 'number'; leaf: number };

/** A text with values in it: piece, gap, piece, …, piece. */
export interface Template {
  pieces: readonly Piece[];
  gaps: readonly Gap[];
}

/** A number, which is the same in every record of the shape (`leaf` −1: it is `value`) or a value's. */
export interface NumberStep {
  column: Int64Column | Int32Column;
  leaf: number;
  value: number;
  row: number;
}

/** A value as it is. */
export interface CopyStep<C> {
  column: C;
  leaf: number;
  row: number;
}

/** A text that may be another than the value: an address in lower case or its domain, a template, decoded words. */
export interface MadeStep {
  column: TextColumn | InternedColumn;
  as: Gap['as'] | 'template';
  leaf: number;
  template: Template | null;
  /** which of the values asked about it is, if encoded words in it are to be decoded; else −1 */
  words: number;
  row: number;
}

/**
 * What fills rows, by kind of step: a loop over steps of one kind calls one function of one class, which V8 compiles into
 * it. Each step says into which of the rows that are put together it goes, from 0.
 */
export interface Steps {
  puts: Puts;
  numbers: NumberStep[];
  few: CopyStep<InternedColumn>[];
  texts: CopyStep<TextColumn>[];
  made: MadeStep[];
  /** steps of values that often come together again */
  stretches: StretchSteps[];
}

/** Steps that rest on nothing but the values of these leaves, and on what stands between them. */
export interface StretchSteps {
  firstLeaf: number;
  lastLeaf: number;
  stretch: Stretch;
  few: CopyStep<InternedColumn>[];
  made: MadeStep[];
}

/** A value that the decoder is asked about. */
export interface Asked {
  leaf: number;
  memo: Memo;
  /** it is only asked about encoded words, and else copied */
  isWords: boolean;
  ask(text: string): Rows | null;
}

/** What a column holds in each of the rows that are put together, the same in every record of the shape. */
export interface Series {
  column: InternedColumn | Int32Column | Int64Column;
  values: Int32Array;
}

/** Header rows: most columns are the same in all of them. */
export interface HeaderSteps {
  count: number;
  common: Steps;
  series: readonly Series[];
  own: Steps;
}

export interface Plan {
  /** how many records have been read both ways, with the same rows */
  proofs: number;
  /** `source/event_type`, as the tally has it */
  type: string;
  feed: string;
  /** leaves that make a difference: empty, or the text `null`, they may mean another thing */
  used: Int32Array;
  /** leaves within templates: an escape can be written in several ways */
  plain: Int32Array;
  times: Int32Array;
  integers: Int32Array;
  /** of those that are the same the first */
  addresses: Int32Array;
  /** how many leaves there are */
  leaves: number;
  /** leaves that may hold addresses which are to be hashed; none where addresses stay */
  hidden: readonly { leaf: number; way: 'address' | 'people' | 'text' }[];
  /** leaf pairs of addresses that must be the same, and of those that must differ, whatever the case of their letters */
  same: Int32Array;
  different: Int32Array;
  /** leaves of when it happened and when the mail was sent; the latter −1 if nothing says so */
  occurred: number;
  sent: number;
  asked: readonly Asked[];
  events: readonly { id: Template; steps: Steps }[];
  /** null if it is no click */
  clicks: Steps | null;
  headers: HeaderSteps | null;
}

/** Filled by what is known beside the record. */
const OF_CONTEXT: ReadonlySet<string> = new Set([
  ...['event_id', 'delivered_to_lake_at', 'is_time_suspect', 'attempt', 'source_key', 'source_ordinal'],
]);

/** Header columns that differ from header to header. */
const OF_HEADER: ReadonlySet<string> = new Set(['position', 'name', 'name_lower', 'value']);

/** More recipients than this, and comparing each with each takes too long. */
const MOST_ADDRESSES = 64;

class Unplannable extends Error {}

/** The tables that records make rows of. */
export type TableColumns = Readonly<Record<TableName, Columns>>;

export class Planner {
  readonly #teacher: Teacher;
  /** what the values asked about make of rows comes from this one, which hashes addresses where they are to be hashed */
  readonly #hider: Teacher;
  readonly #hide: Pseudonyms | undefined;
  readonly #columns: TableColumns;
  readonly #memos = new Map<string, Memo>();
  readonly #memory = new Memory();

  constructor(settings: Settings, columns: TableColumns, hide: Pseudonyms | undefined) {
    this.#teacher = new Teacher(settings);
    this.#hider = hide ? new Teacher(settings, hide) : this.#teacher;
    this.#hide = hide;
    this.#columns = columns;
  }

  /** Null if records like this one are to be read by the decoder. */
  plan(record: JsonObject, leaves: readonly Leaf[]): Plan | null {
    try {
      return this.#plan(record, leaves);
    } catch (error) {
      if (error instanceof Unplannable) return null;
      throw error;
    }
  }

  #plan(record: JsonObject, leaves: readonly Leaf[]): Plan {
    if (isMarked(JSON.stringify(record))) throw new Unplannable();
    const kinds = leaves.map((leaf) => kindOf(leaf, record));
    const groups = groupsOf(record, leaves, kinds);
    const markers = kinds.map((kind, n) => markerOf(kind, n, groups[n] ?? n));
    const marked = structuredClone(record);
    this.#refuseAddresses(marked, leaves);
    for (const [n, { route }] of leaves.entries()) setValue(marked, route, markers[n] ?? '');
    const rows = this.#teacher.rowsOf(marked);
    const [event] = rows?.events ?? [];
    if (!rows || !event || rows.clicks.length > 1 || rows.events.length > MOST_ADDRESSES) throw new Unplannable();
    if (rows.clicks.length > 0 && rows.events.length > 1) throw new Unplannable();
    if (event.topic_preferences !== null || event.contact_list !== null) throw new Unplannable();
    if (rows.events.some((row) => row.reported_recipient !== null)) throw new Unplannable();

    const lesson = new Lesson(markers, kinds);
    const { asked, rests, words } = this.#askedOf(marked, leaves, kinds, rows, lesson);
    const steps = (table: TableName, rows: readonly Row[]): Steps => {
      const made: Steps = { puts: { codes: [], values: [] }, numbers: [], few: [], texts: [], made: [], stretches: [] };
      for (const [at, row] of rows.entries()) {
        for (const [name, value] of Object.entries(row)) {
          if (value === null || OF_CONTEXT.has(name) || rests[table].has(name)) continue;
          const column = this.#columns[table].column(name);
          lesson.addStep(made, column, value, words.get(`${table}.${name}`) ?? -1, at);
        }
      }
      return made;
    };
    const of = (n: number[]): Int32Array => Int32Array.from(n);
    const [occurred, sent] = [lesson.numberLeaf(event.occurred_at), lesson.numberLeaf(event.sent_at)];
    if (occurred < 0 || (event.sent_at !== null && sent < 0)) throw new Unplannable();
    const leavesWith = (kind: Kind): number[] => kinds.flatMap((one, n) => (one === kind ? [n] : []));
    const events = rows.events.map((row) => ({
      id: lesson.template(idTextOf(row)),
      steps: steps('events', [row]),
    }));
    const clicks = rows.clicks.length > 0 ? steps('clicks', rows.clicks) : null;
    if (rows.headers.some((row) => isMarked(row.name))) throw new Unplannable();
    const [header] = rows.headers;
    let headers: HeaderSteps | null = null;
    if (header) {
      const count = rows.headers.length;
      const own = steps(
        'headers',
        rows.headers.map((row) => part(row, (name) => OF_HEADER.has(name))),
      );
      const common = steps('headers', [part(header, (name) => !OF_HEADER.has(name))]);
      headers = { count, common, series: takeSeries(own, count), own };
    }
    const addresses = leavesWith('address');
    if (addresses.length > MOST_ADDRESSES) throw new Unplannable();
    // The first of those that are the same speaks for all.
    const firsts = addresses.filter((leaf) => groups[leaf] === leaf);
    const others = addresses.filter((leaf) => groups[leaf] !== leaf);
    const hidden = this.#hide ? hiddenOf(record, leaves, kinds, lesson) : [];
    const apart = new Set([...hidden, ...events.flatMap(({ id }) => id.gaps)].map(({ leaf }) => leaf));
    for (const one of clicks ? [...events, { steps: clicks }] : events) takeStretches(one.steps, apart, this.#memory);
    return {
      proofs: 0,
      type: `${event.source}/${event.event_type}`,
      feed: event.feed,
      used: Int32Array.from(lesson.used),
      plain: Int32Array.from(lesson.plain),
      times: of(leavesWith('time')),
      integers: of(leavesWith('integer')),
      addresses: of(firsts),
      leaves: leaves.length,
      hidden,
      same: of(others.flatMap((leaf) => [leaf, groups[leaf] ?? leaf])),
      different: of(firsts.flatMap((a, i) => firsts.slice(0, i).flatMap((b) => [a, b]))),
      occurred,
      sent,
      asked,
      events,
      clicks,
      headers,
    };
  }

  /** What is the same in each record of the shape, such as the name of a tag, goes into rows as it is. */
  #refuseAddresses(record: JsonObject, leaves: readonly Leaf[]): void {
    if (!this.#hide) return;
    for (const { route } of leaves) setValue(record, route, '');
    const rest = JSON.stringify(record);
    if (this.#hide.json(rest) !== rest) throw new Unplannable();
  }

  /** Finds the columns that rest on values which the decoder takes apart: they change when such a value does. */
  #askedOf(
    marked: JsonObject,
    leaves: readonly Leaf[],
    kinds: readonly Kind[],
    rows: Rows,
    lesson: Lesson,
  ): { asked: Asked[]; rests: Record<TableName, Set<string>>; words: Map<string, number> } {
    const asked: Asked[] = [];
    const rests = { events: new Set<string>(), clicks: new Set<string>(), headers: new Set<string>() };
    const words = new Map<string, number>();
    for (const [n, { route, path }] of leaves.entries()) {
      const kind = kinds[n] ?? 'text';
      const probes = PROBES[kind];
      if (!probes) continue;
      const marker = valueAt(marked, route);
      const askOf = (teacher: Teacher, text: string): Rows | null => {
        setValue(marked, route, text);
        const made = teacher.rowsOf(marked);
        setValue(marked, route, marker as Marker);
        return made;
      };
      const ask = (text: string): Rows | null => askOf(this.#teacher, text);
      const names: Record<TableName, string[]> = { events: [], clicks: [], headers: [] };
      for (const probe of probes) {
        const others = ask(probe);
        if (!others) throw new Unplannable();
        for (const table of TABLES) addChanged(rows[table][0], others[table][0], String(marker), probe, names[table]);
      }
      if (TABLES.every((table) => names[table].length === 0)) continue;
      const isWords = kind === 'words';
      for (const table of TABLES) {
        if (!isWords) this.#addCopies(table, rows[table][0], marker, names[table]);
        for (const name of names[table]) {
          if (!isWords) rests[table].add(name);
          // A column of several texts can't be had from one of them.
          else if ((rows[table][0] as Row | undefined)?.[name] !== marker) throw new Unplannable();
          else words.set(`${table}.${name}`, asked.length);
        }
      }
      // A marker that was hashed is none any more: whether others have a part in it, plain rows tell.
      const askHidden = (text: string): Rows | null => {
        const plain = ask(text);
        return plain && !isOfOthers(plain, names) ? askOf(this.#hider, text) : null;
      };
      asked.push({ leaf: n, memo: this.#memoOf(path, kind, names), isWords, ask: this.#hide ? askHidden : ask });
      lesson.used.add(n);
    }
    return { asked, rests, words };
  }

  /** Adds the columns that hold the value itself: what is known of it then holds their number of its text, too. */
  #addCopies(table: TableName, row: Row | undefined, marker: JsonValue | undefined, into: string[]): void {
    for (const [name, value] of Object.entries(row ?? {})) {
      const isCopy = value === marker && this.#columns[table].column(name) instanceof InternedColumn;
      if (isCopy && !OF_CONTEXT.has(name) && !OF_HEADER.has(name) && !into.includes(name)) into.push(name);
    }
  }

  readonly #linkRow = (link: string): Row => linkRow(this.#hide ? this.#hide.text(link) : link);

  /** Values at one path, on which the same columns rest, mean the same in every shape. */
  #memoOf(path: string, kind: Kind, names: Names): Memo {
    const key = JSON.stringify([path, names]);
    const parse = kind === 'link' && TABLES.every((table) => names[table].every(isOfLink)) ? this.#linkRow : null;
    const memo = this.#memos.get(key) ?? new Memo(names, this.#columns, parse);
    this.#memos.set(key, memo);
    return memo;
  }
}

/** Leaves that turn up in rows, and may hold addresses. */
function hiddenOf(record: JsonObject, leaves: readonly Leaf[], kinds: readonly Kind[], lesson: Lesson): Plan['hidden'] {
  return leaves.flatMap((leaf, n) => {
    const kind = kinds[n] ?? 'text';
    const way = kind === 'address' || lesson.used.has(n) ? wayOf(leaf, kind, record) : null;
    return way === null ? [] : [{ leaf: n, way }];
  });
}

/** Does another value have a part in one of these columns? */
const isOfOthers = (rows: Rows, names: Names): boolean =>
  TABLES.some((table) =>
    names[table].some((name) => {
      const value = (rows[table][0] as Row | undefined)?.[name];
      return typeof value === 'string' && isMarked(value);
    }),
  );

/** For each leaf the number of the first leaf whose address is the same. */
function groupsOf(record: JsonObject, leaves: readonly Leaf[], kinds: readonly Kind[]): number[] {
  const first = new Map<unknown, number>();
  const keys = new Set<string>();
  const groups = leaves.map(({ route }, n) => {
    if (kinds[n] !== 'address') return n;
    const value = valueAt(record, route);
    const known = first.get(value);
    if (known !== undefined) return known;
    first.set(value, n);
    keys.add(String(value).toLowerCase());
    return n;
  });
  if (keys.size < first.size) throw new Unplannable();
  return groups;
}

/** Takes out of the steps those by which a column gets something in each of `count` rows that rests on no value. */
function takeSeries({ puts, numbers }: Steps, count: number): Series[] {
  const texts = puts.codes.map(({ column, number }) => ({ column, value: number + 1 }));
  const ofAll = [...texts, ...numbers.filter(({ leaf }) => leaf < 0)];
  const series = [...Map.groupBy(ofAll, ({ column }) => column)]
    .filter(([, puts]) => puts.length === count)
    .map(([column, puts]) => ({ column, values: Int32Array.from(puts, ({ value }) => value) }));
  const isTaken = (one: { column: Series['column'] }): boolean => series.some(({ column }) => column === one.column);
  puts.codes = puts.codes.filter((one) => !isTaken(one));
  numbers.splice(0, numbers.length, ...numbers.filter((one) => !isTaken(one)));
  return series;
}

/**
 * Moves steps whose leaves lie side by side into stretches, if they fill interned columns.
 * @param apart leaves that make events differ, and so are hardly ever repeated; or that may be moved out of the record
 */
function takeStretches(steps: Steps, apart: ReadonlySet<number>, memory: Memory): void {
  const isMadeOfBytes = ({ column, template, words }: MadeStep): boolean => {
    if (!(column instanceof InternedColumn) || words >= 0) return false;
    return template?.gaps.every(({ as }) => as === 'bytes') ?? false;
  };
  const leavesOf = ({ template }: MadeStep): number[] => template?.gaps.map(({ leaf }) => leaf) ?? [];
  const all = [...steps.few.map(({ leaf }) => leaf), ...steps.made.filter(isMadeOfBytes).flatMap(leavesOf)];
  const leaves = [...new Set(all)].filter((leaf) => !apart.has(leaf)).sort((a, b) => a - b);
  for (let first = 0, next = 1; first < leaves.length; first = next++) {
    while (next < leaves.length && leaves[next] === (leaves[next - 1] ?? 0) + 1) next++;
    const [firstLeaf = 0, lastLeaf = 0] = [leaves[first], leaves[next - 1]];
    const isWithin = (leaf: number): boolean => leaf >= firstLeaf && leaf <= lastLeaf;
    const few = steps.few.filter(({ leaf }) => isWithin(leaf));
    const made = steps.made.filter((step) => isMadeOfBytes(step) && leavesOf(step).every(isWithin));
    if (few.length + made.length < 2) continue;
    steps.few = steps.few.filter((step) => !few.includes(step));
    steps.made = steps.made.filter((step) => !made.includes(step));
    const columns = [...few, ...made].flatMap(({ column }) => (column instanceof InternedColumn ? [column] : []));
    steps.stretches.push({ firstLeaf, lastLeaf, stretch: new Stretch(columns, memory), few, made });
  }
}

/** Links are many: often each mail has its own. */
const linkRow = (link: string): Row => ({ link, ...parseLink(link) });
const isOfLink = (name: string): boolean => Object.hasOwn(linkRow(''), name);

const part = (row: Row, has: (name: string) => boolean): Row =>
  Object.fromEntries(Object.entries(row).filter(([name]) => has(name)));

/** Adds the columns that differ by more than that one text stands in the place of another. */
function addChanged(row: Row | undefined, other: Row | undefined, text: string, probe: string, into: string[]): void {
  if (!row || !other) return;
  for (const [name, value] of Object.entries(row)) {
    if (OF_CONTEXT.has(name) || OF_HEADER.has(name) || value === other[name] || into.includes(name)) continue;
    if (typeof value === 'string' && value.replaceAll(text, probe) === other[name]) continue;
    into.push(name);
  }
}

/** The text whose hash is the row's id, whomever the event names. */
function idTextOf(row: EventRow): string {
  const named = [row.recipient_key, null].find((one) => eventId(row, one) === row.event_id);
  if (named === undefined) throw new Unplannable();
  return eventIdText(row, named);
}

/** Finds markers in what the decoder has made of them. */
class Lesson {
  /** leaves that turned up */
  readonly used = new Set<number>();
  /** of them, those within templates */
  readonly plain = new Set<number>();
  readonly #gapOf = new Map<string, Gap>();

  constructor(markers: readonly Marker[], kinds: readonly Kind[]) {
    for (const [leaf, marker] of markers.entries()) {
      const kind = kinds[leaf];
      const text = String(marker);
      // Of the same addresses the first stands for all.
      if (this.#gapOf.has(text)) continue;
      this.#gapOf.set(text, { as: 'bytes', leaf });
      if (kind === 'time') this.#gapOf.set(String(timeOfMarker(leaf)), { as: 'number', leaf });
      if (kind !== 'address') continue;
      this.#gapOf.set(text.toLowerCase(), { as: 'key', leaf });
      this.#gapOf.set(text.toLowerCase().replace(/^.*@/, ''), { as: 'domain', leaf });
    }
  }

  /** The leaf whose number it is; −1 if there is none. */
  numberLeaf(value: unknown): number {
    return typeof value === 'number' ? (this.#gapOf.get(String(value))?.leaf ?? -1) : -1;
  }

  addStep(steps: Steps, column: ColumnBuffer, value: Value, words: number, row: number): void {
    const { puts, numbers, few, texts, made } = steps;
    const ofNumber = this.numberLeaf(value);
    if (column instanceof Int32Column && ofNumber >= 0) throw new Unplannable();
    if ((column instanceof Int64Column || column instanceof Int32Column) && typeof value === 'number') {
      numbers.push({ column, leaf: ofNumber, value, row });
      return;
    }
    const isText = column instanceof TextColumn || column instanceof InternedColumn;
    if (typeof value !== 'string' || !isText || !isMarked(value)) {
      addPut(puts, column, value, row);
      return;
    }
    const gap = this.#gapOf.get(value);
    const template = gap && gap.as !== 'number' ? null : this.template(value);
    if (gap?.as === 'bytes') this.used.add(gap.leaf);
    const leaf = gap?.leaf ?? -1;
    if (gap?.as !== 'bytes' || words >= 0) {
      made.push({ column, as: template || !gap ? 'template' : gap.as, leaf, template, words, row });
    } else if (column instanceof InternedColumn) few.push({ column, leaf, row });
    else texts.push({ column, leaf, row });
  }

  template(text: string): Template {
    const pieces: Piece[] = [];
    const gaps: Gap[] = [];
    let done = 0;
    for (const { 0: found, index } of text.matchAll(MARKER)) {
      const gap = this.#gapOf.get(found);
      // A part of a marker: what the decoder took apart can't be put together here.
      if (!gap) throw new Unplannable();
      pieces.push(pieceOf(text.slice(done, index)));
      gaps.push(gap);
      this.used.add(gap.leaf);
      this.plain.add(gap.leaf);
      done = index + found.length;
    }
    pieces.push(pieceOf(text.slice(done)));
    return { pieces, gaps };
  }
}

const pieceOf = (text: string): Piece => {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  bytes.write(text);
  return { bytes, view: new DataView(bytes.buffer) };
};
