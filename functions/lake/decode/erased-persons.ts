/**
 * Persons who asked to be forgotten: known by the keyed hash of their address alone, and found wherever it stands. A row about
 * one of them is left out; in any other row, what names them gives way to a word.
 *
 * It is about mail that was sent until the request: what is sent to a person later, whoever asked for it, is kept. A copy that
 * comes late is about old mail, whenever it comes.
 */
import { DAY_MS } from '../days.ts';
import type { KeyedHash } from '../ports.ts';
import { TABLES } from '../tables/index.ts';
import { parseAddresses } from './address.ts';
import { AddressTexts, ERASED, mayHold } from './address-texts.ts';
import { decodedWords } from './encoded-words.ts';
import { remembered } from './parsers.ts';

/** Until when a person's mail was sent that is to be forgotten, epoch ms, by the keyed hash of their address. */
export type ErasedUntil = Readonly<Record<string, number>>;

const NEVER = Number.NEGATIVE_INFINITY;
const CLOCKS_DIFFER_MS = 2 * DAY_MS;

/** A row of any table, by column. */
type Row = Record<string, unknown>;

export class ErasedPersons extends AddressTexts {
  readonly #until: (key: string) => number;
  readonly #latestIn: (text: string) => number;
  readonly #latestOf: (text: string) => number;
  /** when the mail was sent that the texts are about: persons erased until then, or later, give way */
  #sentAt = NEVER;
  readonly #latestDate: number;
  /** of all persons that a text holds, the latest time */
  #latest = NEVER;

  /** @param now of who looks, epoch ms: a date that is days after it is wrong, and may be of any mail */
  constructor(hash: KeyedHash, persons: ErasedUntil, now = Number.POSITIVE_INFINITY) {
    super();
    this.#latestDate = now + CLOCKS_DIFFER_MS;
    const until = new Map(Object.entries(persons));
    this.#until = remembered((key) => until.get(hashIn(key) ?? hash.hex(key)) ?? NEVER, 1 << 14);
    this.#latestIn = remembered((text) => this.#look(text), 1 << 14);
    this.#latestOf = remembered((text) => Math.max(this.#latestIn(text), ...this.#people(text)), 1 << 14);
  }

  /** @param key an address alone, without a display name, or its hash */
  isErased(key: string, sentAt: number): boolean {
    return this.#until(key.toLowerCase()) >= this.#credible(sentAt);
  }

  /** What texts are about from now on: mail that was sent then, epoch ms. @returns what they were about before */
  about(sentAt: number): number {
    const before = this.#sentAt;
    this.#sentAt = this.#credible(sentAt);
    return before;
  }

  #credible(sentAt: number): number {
    return sentAt > this.#latestDate ? ANY_TIME : sentAt;
  }

  /** Whether a text names such a person, whatever it is about; one of JSON, or cut out of it, may be escaped any number of times. */
  isIn(text: string): boolean {
    return mayHold(text) && new Set([text, unescaped(text)]).values().some((one) => this.#look(one) > NEVER);
  }

  people(text: string): string {
    if (this.#latestOf(text) < this.#sentAt || text === '') return text;
    const kept = parseAddresses(text).map(({ address, given }) =>
      this.isErased(address || given, this.#sentAt) ? ERASED : given,
    );
    // A word before a comma would be read as the beginning of the next one's name.
    return this.#erasedFrom(kept.join('; '));
  }

  text(text: string): string {
    if (!mayHold(text)) return text;
    const latest = this.#latestIn(text);
    this.#latest = Math.max(this.#latest, latest);
    return latest >= this.#sentAt ? this.#erasedFrom(text) : text;
  }

  /** Whether a column's value names such a person, whatever mail it is of. */
  isNamedIn(table: string, column: string, value: string): boolean {
    const way = waysIn(table).get(column);
    if (way === undefined || value === '') return false;
    if (way === 'json') return this.#latestBy(() => this.json(value)) > NEVER;
    return (way === 'text' ? (mayHold(value) ? this.#latestIn(value) : NEVER) : this.#latestOf(value)) > NEVER;
  }

  /** The row without what names such persons: itself if there is nothing of them in it; null if it is about one. */
  withoutThem<R extends object>(table: string, row: R): R | null {
    const given = row as Row;
    this.about(sentAtOf(given));
    const { recipient_key: key } = given;
    if (typeof key === 'string' && this.isErased(key, this.#sentAt)) return null;
    let made: Row | null = null;
    for (const [name, way] of waysIn(table)) {
      const value = given[name];
      if (typeof value !== 'string' || value === '') continue;
      const text = way === 'header' ? this.header(String(given.name_lower), value) : this[way](value);
      if (text === value) continue;
      made ??= { ...given };
      made[name] = text;
      if (name === 'from_address') made.from_name = null;
    }
    return (made as R | null) ?? row;
  }

  /** A quarantined row as it may stay: whether it names such a person is all that can be asked of what could not be read. */
  quarantined<R extends { detail: string; raw: string | null }>(row: R): R {
    const isOfThem = this.isIn(row.detail) || (row.raw !== null && this.isInBase64(row.raw));
    return isOfThem ? { ...row, detail: ERASED, raw: null } : row;
  }

  /** Whether bytes in Base64 name such a person. */
  isInBase64(text: string): boolean {
    return this.isInBytes(Buffer.from(text, 'base64'));
  }

  isInBytes(bytes: Buffer): boolean {
    return new Set([bytes.toString('utf8'), bytes.toString('latin1')]).values().some((text) => this.isIn(text));
  }

  protected override *extents(
    text: string,
    start: number,
    at: number,
    domain: string,
  ): Generator<[start: number, domain: number]> {
    const starts = [start];
    for (const { 0: delimiter, index } of text.slice(start, at).matchAll(DELIMITER)) {
      const behind = start + index + delimiter.length;
      if (behind < at) starts.push(behind);
    }
    // Behind a backslash a letter may be an escape of JSON, which was left out, or not.
    const [, letter] = /\\([bfnrt])$/.exec(text.slice(Math.max(0, start - 2), start)) ?? [];
    if (letter !== undefined) starts.push(start - letter.length);
    const ends = [domain.length];
    const dot = domain.search(DOT);
    for (const { index } of domain.matchAll(DOMAIN_BREAK)) {
      if (dot >= 0 && index > dot) ends.push(index);
      if (ends.length === MOST_EXTENTS) break;
    }
    // What stands next to the `@` is an address, if anything is.
    const likely = [start, ...starts.slice(1).slice(-MOST_EXTENTS)];
    for (const first of likely) for (const end of ends) yield [first, end];
  }

  protected override meant(text: string): string {
    return super.meant(decodedWords(text));
  }

  protected instead(address: string): string | null {
    const key = address.toLowerCase();
    const until = Math.max(this.#until(key), ...withinLocal(key).map(this.#until));
    this.#latest = Math.max(this.#latest, until);
    return until >= this.#sentAt && until > NEVER ? ERASED : null;
  }

  /** Of a text as it is written and as it is meant each may name the person where the other doesn't. */
  #erasedFrom(text: string): string {
    return this.replaceAll(this.written(text));
  }

  #look(text: string): number {
    return this.#latestBy(() => this.replaceAll(text));
  }

  /** The latest of all persons that are met, none of whom gives way meanwhile. */
  #latestBy(meet: () => unknown): number {
    const [sentAt, latest] = [this.#sentAt, this.#latest];
    this.#sentAt = Number.POSITIVE_INFINITY;
    this.#latest = NEVER;
    meet();
    const found = this.#latest;
    this.#sentAt = sentAt;
    this.#latest = latest;
    return found;
  }

  #people(text: string): number[] {
    return parseAddresses(text).map(({ address, given }) => this.#until((address || given).toLowerCase()));
  }
}

/** What may stand before an address without belonging to it, encoded or not. */
const DELIMITER = /(?:%(?:25)*|=)(?:0[9ad]|2[0-2679cf]|3[abcdef]|5[bd]|60|7[bcd])|[=&?/#|{}]/gi;
/** Places at which an address may begin, and end, that are tried. */
const MOST_EXTENTS = 12;
const DOT = /\.|(?:%(?:25)*|=)2e/i;
const DOMAIN_BREAK = /(?:%(?:25)*|=)(?:2d|5f)|[_-]|(?:\.|(?:%(?:25)*|=)2e)(?![a-z]{2,3}$)/gi;

/** The text that JSON's escapes stand for, however often they were escaped themselves. */
const unescaped = (text: string): string =>
  text.includes('\\')
    ? text.replace(/(?<!\\)\\+(?:u([0-9A-Fa-f]{4})|([bfnrt]))?/g, (_, hex?: string, letter?: string) =>
        hex === undefined ? (SPACES[letter ?? ''] ?? '') : String.fromCharCode(Number.parseInt(hex, 16)),
      )
    : text;
const SPACES: Readonly<Record<string, string>> = { b: ' ', f: ' ', n: '\n', r: '\r', t: '\t' };

/** Addresses within another one's local part: `bounce+ann=example.org@news.example`, `srs0=x=y=example.org=ann@fwd.example`. */
function withinLocal(key: string): string[] {
  const local = key.slice(0, key.lastIndexOf('@'));
  if (!local.includes('=')) return [];
  const [, before, domain] = /^(.+)=([\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+)$/u.exec(local) ?? [];
  const verp =
    before === undefined ? [] : [before, ...[...before.matchAll(/[+=-]/g)].map(({ index }) => before.slice(index + 1))];
  const [, host, name] = /=([\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+)=([^=]+)$/u.exec(local) ?? [];
  return [...verp.map((one) => `${one}@${domain}`), ...(host === undefined ? [] : [`${name}@${host}`])];
}

/** The hash that a hashed lake writes for an address (pseudonyms.ts). */
const hashIn = (key: string): string | undefined => /^([0-9a-f]{32})(?:_@.*)?$/.exec(key)?.[1];

/** About mail of any time. */
export const ANY_TIME = -Number.MAX_VALUE;

/** Of a send or what came of it; where clocks are wrong, not after the lake had it. */
export function sentAtOf({ sent_at, occurred_at, delivered_to_lake_at }: Row): number {
  const at = Number(sent_at ?? occurred_at ?? Number.NEGATIVE_INFINITY);
  return typeof delivered_to_lake_at === 'number' ? Math.min(at, delivered_to_lake_at) : at;
}

type Way = 'people' | 'text' | 'json' | 'header';

/** Columns of a table that may name a person, whatever they are declared to hold, each with how it is looked through. */
const waysIn = (() => {
  const known = new Map<string, ReadonlyMap<string, Way>>();
  return (table: string): ReadonlyMap<string, Way> => {
    const found = known.get(table) ?? waysOf(table);
    known.set(table, found);
    return found;
  };
})();

function waysOf(table: string): ReadonlyMap<string, Way> {
  const ways = new Map<string, Way>();
  for (const [name, column] of Object.entries(TABLES[table]?.columns ?? {})) {
    if (column.type !== 'string' || column.lineage || name === 'event_id') continue;
    const isHeader = table === 'headers' && name === 'value';
    ways.set(name, isHeader ? 'header' : column.person === 'address' ? 'people' : column.json ? 'json' : 'text');
  }
  return ways;
}

/** Columns that are looked through for persons. */
export const columnsOfPersons = (table: string): string[] => [...waysIn(table).keys()];
