/**
 * Reads records whose shape is known from their bytes into columns, without parsing and decoding them.
 *
 * The rule that keeps it right: the decoder is the only truth. A shape is learned from a record that JSON.parse and the
 * decoder have accepted; the decoder has also shown what is done with its values (plan.ts). All other records go
 * to JSON.parse and the decoder: `\u` escapes, empty texts and `null`, addresses that aren't plain, times of another form,
 * escapes within ids and tags, addresses that are the same where those of the teaching record weren't. The first records of a
 * shape are read both ways, and a difference ends its plan. So what was learned, and in which order, never shows in a row.
 *
 *     {"eventType":"Open","mail":{"messageId":"a1",…},"open":{"ipAddress":"198.51.100.7",…}}
 *       shape:  …"messageId":"·",…"ipAddress":"·"…
 *       plan:   event_type = open; message_id = value 0; ip_address = value 5; event_id = SHA-256 of ["ses","open","·0·",…
 */
import { hash } from 'node:crypto';
import { mayHoldBytes } from '../decode/address-texts.ts';
import type { ErasedPersons } from '../decode/erased-persons.ts';
import type { Pseudonyms } from '../decode/pseudonyms.ts';
import { isTimeSuspect } from '../decode/time.ts';
import type { Decode, RecordContext } from '../decode/types.ts';
import type { JsonObject, JsonValue, TextEnvelope } from '../read/record.ts';
import type { Settings } from '../settings.ts';
import { BooleanColumn } from '../write/booleans.ts';
import type { Columns } from '../write/columns.ts';
import { InternedColumn } from '../write/interned.ts';
import { copyBytes } from '../write/memory.ts';
import { Int64Column } from '../write/numbers.ts';
import { Bytes } from '../write/pages/bytes.ts';
import { TextColumn } from '../write/text.ts';
import { isFixed } from './kinds.ts';
import { CLICKS, type Entry, EVENTS, HEADERS, putAll, type TableName, type TableNumber } from './memo.ts';
import {
  type CopyStep,
  type Gap,
  type HeaderSteps,
  type MadeStep,
  type Plan,
  Planner,
  type Steps,
  type StretchSteps,
  type TableColumns,
  type Template,
} from './plan.ts';
import { isBlank, leavesOf, type Node, Shapes, TEXT } from './shapes.ts';
import {
  decimal,
  domainOfPlainAddress,
  hasCapitals,
  hasEncodedWord,
  integer,
  isAlike,
  isSame,
  lower,
  unescaped,
  zuluInstant,
} from './spans.ts';
import { Rows } from './teacher.ts';

/** Where rows go: those of one unit, by table. */
export interface UnitTables<Mark extends RowsMark = RowsMark> {
  columns(): TableColumns;
  /** Decides on the event that is to be the next row, by the SHA-256 that its id is of, as a character a byte. */
  admit(hashed: string, feed: string): 'new' | 'repeat' | 'better';
  mark(): Mark;
  rollback(mark: Mark): void;
}

interface RowsMark {
  readonly lengths: readonly [events: number, headers: number, clicks: number, ...others: number[]];
}

/** What is known of a shape. */
interface Knowledge {
  plan: Plan | null;
  /** records that taught no plan, or another one than was right */
  failures: number;
}

const PROOFS = 3;
const MOST_FAILURES = 3;

/** To learn a shape costs as much as to decode so many records; where no shape comes again, that must end. */
const COST_OF_LEARNING = 20;
/** To look at a shape for the first time. */
const COST_OF_A_LOOK = 2;
const MOST_CREDIT = 1000;

/** Deeper records are left to JSON.parse. */
const MOST_DEPTH = 32;

export class KnownRecords<Mark extends RowsMark = RowsMark> {
  readonly #settings: Settings;
  readonly #rows: UnitTables<Mark>;
  readonly #decode: Decode;
  readonly #hide: Pseudonyms | undefined;
  readonly #erased: ErasedPersons | undefined;
  readonly #planner: Planner;
  readonly #shapes = new Shapes<Knowledge>();
  /** envelopes with an event in one of their texts; what is known of one is which text */
  readonly #letters = new Shapes<number>();
  readonly #content = new Bytes();
  readonly #written = new Bytes();
  /** a record in which addresses are hashed */
  readonly #hashed = new Bytes();
  readonly #context: Record<TableName, ContextColumns>;
  #credit = MOST_CREDIT;

  /* The record matched last: where it begins and ends, with its envelope. */
  #bytes: Buffer = Buffer.alloc(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #start = 0;
  #end = 0;
  #known: Knowledge | null = null;
  #isNew = true;
  /** by leaf: an instant, an integer, or where an address's domain begins */
  readonly #numbers = new Float64Array(1000);
  readonly #capitals = new Uint8Array(1000);
  /** by value asked about; null for words that are copied */
  #entries: (Entry | null)[] = [];

  #views: { of: Buffer; byLength: Uint8Array[] } = { of: this.#bytes, byLength: [] };
  #window: Buffer = this.#bytes;
  #windowView: DataView = this.#view;

  /**
   * @param decode what the records that aren't known are decoded with @param hide what that hashes addresses with, if it does
   * @param erased persons whose records are left to it
   */
  constructor(settings: Settings, rows: UnitTables<Mark>, decode: Decode, hide?: Pseudonyms, erased?: ErasedPersons) {
    this.#settings = settings;
    this.#rows = rows;
    this.#decode = decode;
    this.#hide = hide;
    this.#erased = erased;
    const columns = rows.columns();
    this.#planner = new Planner(settings, columns, hide);
    this.#context = {
      events: contextColumns(columns.events),
      clicks: contextColumns(columns.clicks),
      headers: contextColumns(columns.headers),
    };
  }

  /** One behind the record that begins at `start`, if it can be read here; else −1. */
  match(bytes: Buffer, start: number): number {
    if (this.#window !== bytes) {
      this.#window = bytes;
      this.#windowView = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    let node = this.#matchAt(bytes, this.#windowView, start);
    this.#end = this.#shapes.end;
    if (node === null) node = this.#matchLetter(bytes, start);
    this.#isNew = node === null;
    this.#known = node?.plan ?? null;
    return this.#known?.plan ? this.#end : -1;
  }

  /** Bytes of the record matched last. */
  get length(): number {
    return this.#shapes.end - this.#start;
  }

  /** The type of the record matched last, as the tally has it. */
  get type(): string {
    return this.#known?.plan?.type ?? '';
  }

  /** Puts the record matched last into the rows. Null if the decoder has to read it: then nothing has been put in. */
  read(context: RecordContext): 'accepted' | 'duplicate' | null {
    const known = this.#known;
    if (!known?.plan || !this.#check(known.plan)) return null;
    const isProof = known.plan.proofs < PROOFS;
    const text = isProof || this.#erased ? this.#bytes.toString('utf8', this.#start, this.#shapes.end) : '';
    if (this.#erased?.isIn(text)) return null;
    if (this.#hide && !this.#hideAddresses(known.plan, this.#hide)) return null;
    if (isProof) return this.#prove(known, known.plan, text, context);
    if (this.#credit < MOST_CREDIT) this.#credit++;
    return this.#put(known.plan, context);
  }

  /** Learns from a record that was decoded. @param textEnvelope the envelope that it came in, if it came in one */
  learn(value: JsonValue, text: string, textEnvelope: TextEnvelope | null): void {
    const cost = textEnvelope === null ? COST_OF_LEARNING : 2 * COST_OF_LEARNING;
    if (this.#credit < cost || typeof value !== 'object' || value === null || Array.isArray(value)) return;
    if (!this.#isNew && (this.#known === null || this.#known.plan || this.#known.failures >= MOST_FAILURES)) return;
    if (this.#shapes.isFull || this.#letters.isFull) return;
    this.#credit -= cost;
    if (textEnvelope !== null) this.#learnTextEnvelope(textEnvelope);
    const bytes = Buffer.from(text.trim());
    const leaves = leavesOf(bytes, Math.min(MOST_DEPTH, this.#settings.limits.depth), isFixed);
    if (leaves === null) return;
    const end = this.#shapes.learn(bytes, leaves);
    if (end.plan === null) {
      // To plan costs most of it, and many a shape never comes again.
      end.plan = { plan: null, failures: 0 };
      this.#credit += cost - COST_OF_A_LOOK;
      return;
    }
    if (end.plan.plan || end.plan.failures >= MOST_FAILURES) return;
    end.plan.plan = this.#planner.plan(value as JsonObject, leaves);
    if (end.plan.plan === null) end.plan.failures++;
  }

  #learnTextEnvelope({ text, key }: TextEnvelope): void {
    const bytes = Buffer.from(text.trim());
    const leaves = leavesOf(bytes, MOST_DEPTH, isFixed);
    const leaf = leaves?.findIndex(({ path, kind }) => path === key && kind === TEXT) ?? -1;
    if (leaves && leaf >= 0) this.#letters.learn(bytes, leaves).plan = leaf;
  }

  #matchAt(bytes: Buffer, view: DataView, start: number): Node<Knowledge> | null {
    this.#bytes = bytes;
    this.#view = view;
    this.#start = start;
    return this.#shapes.match(bytes, view, start);
  }

  #matchLetter(bytes: Buffer, start: number): Node<Knowledge> | null {
    const leaf = this.#letters.match(bytes, this.#windowView, start)?.plan;
    if (leaf === undefined || leaf === null) return null;
    const [from = 0, to = 0] = this.#letters.spans.subarray(2 * leaf);
    const content = this.#content;
    content.clear();
    content.need(to - from);
    const length = unescaped(bytes, from, to, content.buffer, 0);
    const text = content.buffer.subarray(0, length);
    const node = this.#matchAt(text, new DataView(text.buffer, text.byteOffset, length), firstOf(text, 0));
    if (node === null || firstOf(text, this.#shapes.end) < length) return null;
    this.#end = this.#letters.end;
    return node;
  }

  /** May the plan speak for the record? Fills what its steps need. */
  #check(plan: Plan): boolean {
    const { spans, escaped } = this.#shapes;
    const bytes = this.#bytes;
    if (this.#shapes.hasBlank) {
      for (let i = 0; i < plan.used.length; i++) {
        const leaf = plan.used[i] ?? 0;
        if (!isBlank(bytes, spans[2 * leaf] ?? 0, spans[2 * leaf + 1] ?? 0)) continue;
        // which makes it another shape
        this.#isNew = true;
        return false;
      }
    }
    for (let i = 0; i < plan.plain.length; i++) if (escaped[plan.plain[i] ?? 0] === 1) return false;
    for (let i = 0; i < plan.times.length; i++) {
      const leaf = plan.times[i] ?? 0;
      const instant = zuluInstant(bytes, spans[2 * leaf] ?? 0, spans[2 * leaf + 1] ?? 0);
      if (Number.isNaN(instant)) return false;
      this.#numbers[leaf] = instant;
    }
    for (let i = 0; i < plan.integers.length; i++) {
      const leaf = plan.integers[i] ?? 0;
      this.#numbers[leaf] = integer(bytes, spans[2 * leaf] ?? 0, spans[2 * leaf + 1] ?? 0);
    }
    return this.#checkAddresses(plan) && this.#ask(plan);
  }

  #checkAddresses({ addresses, same, different }: Plan): boolean {
    const { spans } = this.#shapes;
    const bytes = this.#bytes;
    for (let i = 0; i < addresses.length; i++) {
      const leaf = addresses[i] ?? 0;
      const from = spans[2 * leaf] ?? 0;
      const to = spans[2 * leaf + 1] ?? 0;
      const domain = domainOfPlainAddress(bytes, from, to);
      if (domain < 0) return false;
      this.#numbers[leaf] = domain;
      this.#capitals[leaf] = hasCapitals(bytes, from, to) ? 1 : 0;
    }
    for (let i = 0; i < same.length; i += 2) {
      const [a, b] = [2 * (same[i] ?? 0), 2 * (same[i + 1] ?? 0)];
      if (!isSame(bytes, spans[a] ?? 0, spans[a + 1] ?? 0, spans[b] ?? 0, spans[b + 1] ?? 0)) return false;
    }
    for (let i = 0; i < different.length; i += 2) {
      const [a, b] = [2 * (different[i] ?? 0), 2 * (different[i + 1] ?? 0)];
      if (isAlike(bytes, spans[a] ?? 0, spans[a + 1] ?? 0, spans[b] ?? 0, spans[b + 1] ?? 0)) return false;
    }
    return true;
  }

  /** Finds what the decoder has said of the values that it takes apart. */
  #ask({ asked }: Plan): boolean {
    const { spans } = this.#shapes;
    for (let i = 0; i < asked.length; i++) {
      const one = asked[i];
      if (one === undefined) return false;
      const from = spans[2 * one.leaf] ?? 0;
      const to = spans[2 * one.leaf + 1] ?? 0;
      if (one.isWords && !hasEncodedWord(this.#bytes, this.#view, from, to)) this.#entries[i] = null;
      else {
        const entry = one.memo.entryOf(this.#bytes, this.#view, from, to, one.ask);
        if (entry === null) return false;
        this.#entries[i] = entry;
      }
    }
    return true;
  }

  /**
   * Puts hashes in the place of the record's addresses. What makes a plan fit was looked at before, and what the decoder says of
   * a value is asked with the value as it was. False if the decoder has to read the record.
   */
  #hideAddresses({ hidden, leaves }: Plan, hide: Pseudonyms): boolean {
    const { spans, escaped } = this.#shapes;
    const [bytes, start, out] = [this.#bytes, this.#start, this.#hashed];
    out.clear();
    for (let i = 0; i < hidden.length; i++) {
      const one = hidden[i];
      if (one === undefined) return false;
      const { leaf, way } = one;
      const moved = out.at === 0 ? 0 : start;
      const from = (spans[2 * leaf] ?? 0) + moved;
      const to = (spans[2 * leaf + 1] ?? 0) + moved;
      if (way === 'text' && !mayHoldBytes(bytes, from, to)) continue;
      const isEscaped = escaped[leaf] === 1;
      const raw = bytes.toString('utf8', from, to);
      const given: string = isEscaped ? JSON.parse(`"${raw}"`) : raw;
      const made = hide[way](given);
      if (made === given) continue;
      const written = JSON.stringify(made).slice(1, -1);
      if (written !== made && !isEscaped) return false;
      // Behind a copy of the record, so that all its values lie in one buffer.
      if (out.at === 0) {
        this.#appendTo(out, bytes, this.#view, start, this.#shapes.end);
        for (let at = 0; at < 2 * leaves; at++) spans[at] = (spans[at] ?? 0) - start;
      }
      const at = out.at;
      out.need(3 * written.length);
      out.at += out.buffer.write(written, at);
      spans[2 * leaf] = at;
      spans[2 * leaf + 1] = out.at;
      if (way !== 'address') continue;
      this.#numbers[leaf] = at + written.indexOf('@') + 1;
      this.#capitals[leaf] = 0;
    }
    if (out.at === 0) return true;
    this.#bytes = out.buffer;
    this.#view = out.view;
    return true;
  }

  /** Reads the record both ways, and keeps it only if the rows are the same. */
  #prove(known: Knowledge, plan: Plan, text: string, context: RecordContext): 'accepted' | null {
    const rows = this.#rows;
    const mark = rows.mark();
    if (this.#put(plan, context) === 'accepted') {
      const decoded = new Rows();
      const verdict = this.#decode(JSON.parse(text), text, { ...context, hasEscapes: true }, decoded);
      const columns = rows.columns();
      const [events, headers, clicks] = mark.lengths;
      const isSameRecord =
        verdict.is === 'accepted' &&
        hasRows(columns.events, events, decoded.events) &&
        hasRows(columns.headers, headers, decoded.headers) &&
        hasRows(columns.clicks, clicks, decoded.clicks);
      if (isSameRecord) {
        plan.proofs++;
        return 'accepted';
      }
      known.plan = null;
      known.failures++;
    }
    // A repeat proves nothing: the decoder says whether it is one.
    rows.rollback(mark);
    return null;
  }

  #put(plan: Plan, context: RecordContext): 'accepted' | 'duplicate' {
    const rows = this.#rows;
    const { events, clicks, headers } = rows.columns();
    const occurred = this.#numbers[plan.occurred] ?? 0;
    const sent = plan.sent < 0 ? null : (this.#numbers[plan.sent] ?? 0);
    let isNew = false;
    for (const { id, steps } of plan.events) {
      const length = this.#fill(id);
      const hashed = hash('sha256', this.#writtenView(length), 'binary');
      const admitted = rows.admit(hashed, plan.feed);
      if (admitted === 'repeat') continue;
      const row = events.length;
      const known = this.#context.events;
      this.#putId(known.id, row, hashed);
      known.delivered?.fill(row, 1, context.deliveredAt);
      known.suspect?.put(row, isTimeSuspect(occurred, sent, context.deliveredAt));
      this.#begin(known, row, 1, context);
      this.#putAsked(plan, EVENTS, row, 1);
      this.#run(steps, row, 1);
      events.extend(row + 1);
      if (admitted === 'better') continue;
      isNew = true;
      if (plan.clicks) this.#putClick(plan.clicks, plan, clicks, context, hashed);
    }
    if (!isNew) return 'duplicate';
    if (plan.headers) this.#putHeaders(plan.headers, plan, headers, context);
    return 'accepted';
  }

  #putClick(steps: Steps, plan: Plan, columns: Columns, context: RecordContext, hashed: string): void {
    const row = columns.length;
    this.#putId(this.#context.clicks.id, row, hashed);
    this.#begin(this.#context.clicks, row, 1, context);
    this.#putAsked(plan, CLICKS, row, 1);
    this.#run(steps, row, 1);
    columns.extend(row + 1);
  }

  #putHeaders({ count, common, series, own }: HeaderSteps, plan: Plan, columns: Columns, context: RecordContext): void {
    const first = columns.length;
    this.#begin(this.#context.headers, first, count, context);
    this.#putAsked(plan, HEADERS, first, count);
    this.#run(common, first, count);
    for (let i = 0; i < series.length; i++) series[i]?.column.copy(first, series[i]?.values ?? NONE);
    this.#run(own, first, 1);
    columns.extend(first + count);
  }

  /** Puts what is known beside the record into `count` rows from `first` on. */
  #begin({ attempt, key, ordinal, known }: ContextColumns, first: number, count: number, context: RecordContext): void {
    if (known.context !== context) {
      known.context = context;
      known.attemptNumber = attempt.distinct.numberOf(context.attempt);
      known.keyNumber = key.distinct.numberOf(context.sourceKey);
    }
    attempt.fill(first, count, known.attemptNumber);
    key.fill(first, count, known.keyNumber);
    ordinal.fill(first, count, context.sourceOrdinal);
  }

  #putId(column: TextColumn | undefined, row: number, hashed: string): void {
    for (let i = 0; i < 16; i++) {
      const byte = hashed.charCodeAt(i);
      hex[2 * i] = DIGITS[byte >> 4] ?? 0;
      hex[2 * i + 1] = DIGITS[byte & 15] ?? 0;
    }
    column?.putBytes(row, hex, hexView, 0, 32);
  }

  /** Puts what the values asked about make of `count` rows from `first` on. */
  #putAsked({ asked }: Plan, table: TableNumber, first: number, count: number): void {
    for (let i = 0; i < asked.length; i++) {
      const entry = this.#entries[i];
      if (entry) putAll(entry[table], first, count);
    }
  }

  /**
   * Does steps, each for `count` rows, where its first row is that many behind `first`:
   *
   *     for (const step of steps) for (const row of rows(first + step.row, count)) step.column.put(row, valueOf(step));
   */
  #run({ puts, numbers, few, texts, made, stretches }: Steps, first: number, count: number): void {
    const { spans, escaped } = this.#shapes;
    const written = this.#written;
    putAll(puts, first, count);
    for (let i = 0; i < numbers.length; i++) {
      const step = numbers[i];
      if (!step) continue;
      const value = step.leaf < 0 ? step.value : (this.#numbers[step.leaf] ?? 0);
      step.column.fill(first + step.row, count, value);
    }
    this.#copyFew(few, first, count);
    for (let i = 0; i < texts.length; i++) {
      const step = texts[i];
      if (!step) continue;
      const { column, leaf } = step;
      let from = spans[2 * leaf] ?? 0;
      let to = spans[2 * leaf + 1] ?? 0;
      const isSpan = escaped[leaf] === 0;
      if (!isSpan) {
        to = this.#unescape(from, to);
        from = 0;
      }
      const bytes = isSpan ? this.#bytes : written.buffer;
      const view = isSpan ? this.#view : written.view;
      const row = first + step.row;
      for (let i = 0; i < count; i++) column.putBytes(row + i, bytes, view, from, to);
    }
    for (let i = 0; i < made.length; i++) {
      const step = made[i];
      if (step) this.#make(step, first + step.row, count);
    }
    for (let i = 0; i < stretches.length; i++) {
      const one = stretches[i];
      if (one) this.#putStretch(one, first, count);
    }
  }

  #putStretch({ firstLeaf, lastLeaf, stretch, few, made }: StretchSteps, row: number, count: number): void {
    const { spans } = this.#shapes;
    const from = spans[2 * firstLeaf] ?? 0;
    const to = spans[2 * lastLeaf + 1] ?? 0;
    if (stretch.put(this.#bytes, this.#view, from, to, row, count)) return;
    this.#copyFew(few, row, count);
    for (const step of made) this.#make(step, row, count);
    stretch.learn(row);
  }

  #copyFew(few: readonly CopyStep<InternedColumn>[], first: number, count: number): void {
    const { spans, escaped } = this.#shapes;
    const written = this.#written;
    for (let i = 0; i < few.length; i++) {
      const step = few[i];
      if (!step) continue;
      const { column, leaf } = step;
      let from = spans[2 * leaf] ?? 0;
      let to = spans[2 * leaf + 1] ?? 0;
      const isSpan = escaped[leaf] === 0;
      if (!isSpan) {
        to = this.#unescape(from, to);
        from = 0;
      }
      const bytes = isSpan ? this.#bytes : written.buffer;
      const view = isSpan ? this.#view : written.view;
      column.fill(first + step.row, count, column.distinct.numberOfBytes(bytes, view, from, to));
    }
  }

  #make(step: MadeStep, first: number, count: number): void {
    const { as, column, leaf, words } = step;
    // Such words have been decoded, and put in with what was asked.
    if (words >= 0 && this.#entries[words] !== null) return;
    const { spans, escaped } = this.#shapes;
    const written = this.#written;
    let from = as === 'domain' ? (this.#numbers[leaf] ?? 0) : (spans[2 * leaf] ?? 0);
    let to = spans[2 * leaf + 1] ?? 0;
    const isSpan = as === 'bytes' ? escaped[leaf] === 0 : as !== 'template' && this.#capitals[leaf] === 0;
    if (!isSpan) {
      to = this.#write(step, from, to);
      from = 0;
    }
    const bytes = isSpan ? this.#bytes : written.buffer;
    const view = isSpan ? this.#view : written.view;
    for (let i = 0; i < count; i++) column.putBytes(first + i, bytes, view, from, to);
  }

  /** Writes a text that isn't a stretch of the record to `#written`. @returns its bytes */
  #write({ as, template }: MadeStep, from: number, to: number): number {
    if (template) return this.#fill(template);
    if (as === 'bytes') return this.#unescape(from, to);
    this.#written.clear();
    this.#appendLower(from, to);
    return this.#written.at;
  }

  /** Writes a text without its escapes to `#written`. @returns its bytes */
  #unescape(from: number, to: number): number {
    this.#written.clear();
    this.#written.need(to - from);
    return unescaped(this.#bytes, from, to, this.#written.buffer, 0);
  }

  /** What has been written. Views are kept by length: making one for each id takes longer than hashing it. */
  #writtenView(length: number): Uint8Array {
    const { buffer } = this.#written;
    if (this.#views.of !== buffer) this.#views = { of: buffer, byLength: [] };
    const known = this.#views.byLength[length];
    if (known) return known;
    const view = buffer.subarray(0, length);
    if (length < MOST_VIEWS) this.#views.byLength[length] = view;
    return view;
  }

  /** Writes a template with this record's values to `#written`. @returns its bytes */
  #fill({ pieces, gaps }: Template): number {
    const out = this.#written;
    out.clear();
    for (let i = 0; i < pieces.length; i++) {
      const piece = pieces[i];
      if (piece) this.#append(piece.bytes, piece.view, 0, piece.bytes.length);
      const gap = gaps[i];
      if (gap) this.#fillGap(gap);
    }
    return out.at;
  }

  #fillGap({ as, leaf }: Gap): void {
    const { spans } = this.#shapes;
    const from = spans[2 * leaf] ?? 0;
    const to = spans[2 * leaf + 1] ?? 0;
    if (as === 'bytes') this.#append(this.#bytes, this.#view, from, to);
    else if (as === 'number') this.#appendNumber(this.#numbers[leaf] ?? 0);
    else this.#appendLower(as === 'key' ? from : (this.#numbers[leaf] ?? 0), to);
  }

  #append(bytes: Buffer, view: DataView, from: number, to: number): void {
    this.#appendTo(this.#written, bytes, view, from, to);
  }

  #appendTo(out: Bytes, bytes: Buffer, view: DataView, from: number, to: number): void {
    out.need(to - from);
    copyBytes(bytes, view, from, to, out.buffer, out.view, out.at);
    out.at += to - from;
  }

  #appendLower(from: number, to: number): void {
    const out = this.#written;
    out.need(to - from);
    lower(this.#bytes, from, to, out.buffer, out.at);
    out.at += to - from;
  }

  #appendNumber(value: number): void {
    const out = this.#written;
    out.need(MOST_DIGITS);
    out.at = decimal(value, out.buffer, out.at);
  }
}

const NONE = new Int32Array(0);
const MOST_VIEWS = 2048;
/** Of a number that a double holds, with its sign. */
const MOST_DIGITS = 24;
const hex = Buffer.alloc(32);
const hexView = new DataView(hex.buffer, hex.byteOffset, 32);
const DIGITS = Buffer.from('0123456789abcdef');

/** The columns that are filled by what is known beside the record. */
interface ContextColumns {
  id: TextColumn | undefined;
  attempt: InternedColumn;
  key: InternedColumn;
  ordinal: Int64Column;
  delivered: Int64Column | undefined;
  suspect: BooleanColumn | undefined;
  /** the context last put, which is one for each object, and the numbers of its texts */
  known: { context: RecordContext | null; attemptNumber: number; keyNumber: number };
}

function contextColumns(columns: Columns): ContextColumns {
  const has = (name: string): boolean => Object.hasOwn(columns.table.columns, name);
  return {
    id: has('event_id') ? columns.columnOf('event_id', TextColumn) : undefined,
    attempt: columns.columnOf('attempt', InternedColumn),
    key: columns.columnOf('source_key', InternedColumn),
    ordinal: columns.columnOf('source_ordinal', Int64Column),
    delivered: has('delivered_to_lake_at') ? columns.columnOf('delivered_to_lake_at', Int64Column) : undefined,
    suspect: has('is_time_suspect') ? columns.columnOf('is_time_suspect', BooleanColumn) : undefined,
    known: { context: null, attemptNumber: -1, keyNumber: -1 },
  };
}

/** Are these the table's rows from `from` on? */
function hasRows(columns: Columns, from: number, rows: readonly object[]): boolean {
  if (columns.length - from !== rows.length) return false;
  return rows.every((row, i) => Object.entries(row).every(([name, value]) => columns.at(name, from + i) === value));
}

/** The first byte from `at` on that is no white space. */
function firstOf(bytes: Uint8Array, at: number): number {
  let first = at;
  while (first < bytes.length && WHITE_SPACE.has(bytes[first] ?? 0)) first++;
  return first;
}

const WHITE_SPACE: ReadonlySet<number> = new Set(Buffer.from(' \t\n\r'));
