/**
 * Raw prefixes: where a planner looks. A template such as `raw/{yyyy}/{MM}/{dd}/{HH}/` can be enumerated by the clock;
 * `{*}` in it stands for any folder name, which only a listing knows. Any other layout is one prefix, looked at in parts once it is large.
 */

import { HOUR_MS } from '../days.ts';
import type { RawStore } from '../ports.ts';
import { instantsOf, offsetMsAt, type ZoneOffset } from '../zone.ts';
import type { RawSource } from './raw-sources.ts';

const FIELDS: Readonly<Record<string, readonly [start: number, end: number]>> = {
  yyyy: [0, 4],
  MM: [5, 7],
  dd: [8, 10],
  HH: [11, 13],
};
const CLOCK_FIELD = /\{(yyyy|MM|dd|HH)\}/g;
const ANY_FIELD = /\{(yyyy|MM|dd|HH|\*)\}/g;

/** How far back a planner looks each time: 3 hours every 5 minutes, 26 hours hourly, 8 days daily. */
export const REACH_HOURS = { tick: 3, hourly: 26, daily: 8 * 24 } as const;
export type Reach = keyof typeof REACH_HOURS;

/** The raw prefix of the hour that holds `ms`; the template's clock is `offsetHours` ahead of UTC. */
export function hourPrefix(template: string, ms: number, offsetHours: ZoneOffset): string {
  const iso = new Date(ms + offsetMsAt(offsetHours, ms)).toISOString();
  return template.replace(CLOCK_FIELD, (_, field: string) => iso.slice(...(FIELDS[field] ?? [0, 0])));
}

/**
 * The hour that a raw prefix stands for, epoch ms UTC: of a template by day the first hour of the day, of two hours
 * with one name the first of them. Null if the template doesn't make such a prefix, or names no day.
 */
export function hourOfPrefix(template: string, prefix: string, offsetHours: ZoneOffset): number | null {
  const { pattern, names } = templatePattern(template);
  const match = pattern.exec(prefix);
  if (!match) return null;
  const part = (field: string): string | undefined =>
    names.includes(field) ? match[names.indexOf(field) + 1] : undefined;
  const ms = Date.parse(`${part('yyyy')}-${part('MM')}-${part('dd')}T${part('HH') ?? '00'}:00:00Z`);
  return Number.isNaN(ms) ? null : (instantsOf(offsetHours, ms)[0] ?? null);
}

/** Raw prefixes that the clock can name, newest first, each once; with one hour ahead, for clocks that differ. */
export function* prefixesInReach(
  template: string,
  now: number,
  reach: Reach,
  offsetHours: ZoneOffset,
): Generator<string> {
  let last: string | null = null;
  for (let back = -1; back <= REACH_HOURS[reach]; back++) {
    const prefix = hourPrefix(template, now - back * HOUR_MS, offsetHours);
    if (prefix !== last) yield prefix;
    last = prefix;
  }
}

/** Whether a folder on the way to the prefixes may hold what is looked for; if not, it is not listed. */
export type MayHold = (folder: string) => boolean | Promise<boolean>;
const everyFolder: MayHold = () => true;

/** The beginning of a template that makes the folders of days; null if it has none, apart from hours. */
export function dayTemplate(template: string): string | null {
  for (let end = template.indexOf('/'); end >= 0 && end < template.length - 1; end = template.indexOf('/', end + 1)) {
    const head = template.slice(0, end + 1);
    const has = (field: string): boolean => head.includes(`{${field}}`);
    if (has('HH')) return null;
    if (has('yyyy') && has('MM') && has('dd')) return head;
  }
  return null;
}

/**
 * The prefixes of a source that a planner looks at, lazily. `all`: every one there is, found by delimiter listing along the template,
 * in order of keys, which by the usual templates is that of time. A layout without a template is one prefix in any reach.
 */
export async function* rawPrefixes(
  raw: Pick<RawStore, 'prefixes'>,
  { mount, rawTemplate, objectNameOffsetHours }: RawSource,
  now: number,
  reach: Reach | 'all',
  mayHold: MayHold = everyFolder,
): AsyncGenerator<string> {
  if (rawTemplate === null) yield mount;
  else if (reach === 'all') yield* foldersOf(raw, rawTemplate, '', mayHold);
  else {
    for (const prefix of prefixesInReach(rawTemplate, now, reach, objectNameOffsetHours)) yield* foldersOf(raw, prefix);
  }
}

/**
 * Folders and objects below the template's root that it doesn't name, which no planner looks at. Costs one listing for
 * each folder above the hours.
 */
export async function* outsideTemplate(
  raw: Pick<RawStore, 'prefixes' | 'list'>,
  template: string,
  mayHold: MayHold = everyFolder,
): AsyncGenerator<string> {
  const first = template.search(ANY_FIELD);
  const root = template.slice(0, template.lastIndexOf('/', first) + 1);
  yield* strays(root, template.slice(root.length));

  async function* strays(at: string, rest: string): AsyncGenerator<string> {
    if (rest === '') return;
    for await (const { key } of raw.list(at, { shallow: true })) yield key;
    const { pattern, behind } = firstSegment(rest);
    for await (const folder of raw.prefixes(at)) {
      if (!pattern.test(folder.slice(at.length))) yield folder;
      else if (await mayHold(folder)) yield* strays(folder, behind);
    }
  }
}

/** The folders that a template makes, asking the store only where it can't be known what they are called. */
export async function* foldersOf(
  store: Pick<RawStore, 'prefixes'>,
  template: string,
  at = '',
  mayHold: MayHold = everyFolder,
): AsyncGenerator<string> {
  const open = template.search(ANY_FIELD);
  if (open < 0) {
    yield at + template;
    return;
  }
  const start = template.lastIndexOf('/', open) + 1;
  const { pattern, behind } = firstSegment(template.slice(start));
  const parent = at + template.slice(0, start);
  for await (const folder of store.prefixes(parent)) {
    if (pattern.test(folder.slice(parent.length)) && (await mayHold(folder))) {
      yield* foldersOf(store, behind, folder, mayHold);
    }
  }
}

function firstSegment(template: string): { pattern: RegExp; behind: string } {
  const end = template.indexOf('/') + 1 || template.length;
  return { pattern: templatePattern(template.slice(0, end)).pattern, behind: template.slice(end) };
}

function templatePattern(template: string): { pattern: RegExp; names: string[] } {
  const names: string[] = [];
  const source = template.replace(/[.+?^$()|[\]\\]/g, '\\$&').replace(ANY_FIELD, (_, field: string) => {
    if (field === '*') return '[^/]+';
    names.push(field);
    return field === 'yyyy' ? '(\\d{4})' : '(\\d{2})';
  });
  return { pattern: new RegExp(`^${source}$`), names };
}
