/** Events of generated lives counted by hour, stream and provider: what counts.ts asks of a lake, without one. */
import type { Life } from '#generate/sender/life.ts';
import { PINPOINT_PROJECT } from '#generate/sender/sender.ts';
import { DAY_MS, HOUR_MS, startOfDay } from '#lake/days.ts';
import { type Baseline, type HourCounts, hourOfWeek } from '#report/alerts/counts.ts';

const FIGURES = ['delivered', 'bounced', 'delayed', 'complained', 'engaged', 'mailed'] as const;
type Figure = (typeof FIGURES)[number];

const WEEKS = 4;

export class HourlyCells {
  readonly #first: number;
  readonly #hours: number;
  /** by stream and provider */
  readonly #cells = new Map<string, Float64Array>();

  constructor(first: number, days: number) {
    this.#first = first;
    this.#hours = days * 24;
  }

  add({ mail, happenings }: Life, times: 1 | -1): void {
    if (mail.recipients.some(({ isSimulator }) => isSimulator)) return;
    const stream = streamOf(mail);
    const delays = new Set<string>();
    for (const happening of happenings) {
      const hour = Math.floor((happening.at - this.#first) / HOUR_MS);
      if (hour < 0 || hour >= this.#hours) continue;
      for (const who of happening.who ?? [null]) {
        const provider = who === null ? null : (mail.recipients[who]?.provider ?? null);
        const at = this.#at(stream, provider);
        const count = (figure: Figure): void => {
          const i = hour * FIGURES.length + FIGURES.indexOf(figure);
          at[i] = (at[i] ?? 0) + times;
        };
        if (happening.type === 'delivered') count('delivered');
        if (happening.type === 'bounce' && !isLate(happening.subType)) count('bounced');
        if (happening.type === 'complaint') count('complained');
        count(happening.type === 'open' || happening.type === 'click' ? 'engaged' : 'mailed');
        if (happening.type === 'delay' && !delays.has(`${hour} ${who}`)) {
          delays.add(`${hour} ${who}`);
          count('delayed');
        }
      }
    }
  }

  with(delta: HourlyCells): HourlyCells {
    const sum = new HourlyCells(this.#first, this.#hours / 24);
    for (const [key, values] of this.#cells) sum.#cells.set(key, values.slice());
    for (const [key, values] of delta.#cells) {
      const own = sum.#cells.get(key) ?? new Float64Array(values.length);
      for (const [i, value] of values.entries()) own[i] = (own[i] ?? 0) + value;
      sum.#cells.set(key, own);
    }
    return sum;
  }

  /** Takes figures of a stream away for some hours; null: all. */
  clear(stream: string, { from, hours }: { from: number; hours: number }, figures: readonly Figure[] | null): void {
    const first = Math.floor((from - this.#first) / HOUR_MS);
    for (const [key, values] of this.#cells) {
      if (key.split('\n')[0] !== stream) continue;
      for (let hour = first; hour < first + hours; hour++)
        for (const figure of figures ?? FIGURES) values[hour * FIGURES.length + FIGURES.indexOf(figure)] = 0;
    }
  }

  /** The beginning of the hour by whose end so many counts differ from others, from `from` on; null: never so many. */
  differs(others: HourlyCells, from: number, least: number): number | null {
    let differences = 0;
    for (let hour = Math.floor((from - this.#first) / HOUR_MS); hour < this.#hours; hour++) {
      for (const [key, values] of this.#cells)
        for (let i = hour * FIGURES.length; i < (hour + 1) * FIGURES.length; i++)
          differences += Math.abs((values[i] ?? 0) - (others.#cells.get(key)?.[i] ?? 0));
      if (differences >= least) return this.#first + hour * HOUR_MS;
    }
    return null;
  }

  /** As loadRecent. */
  recent(end: number): HourCounts[] {
    return this.#rows(startOfDay(new Date(end - 1).toISOString().slice(0, 10)) - 3 * DAY_MS, end);
  }

  readonly #baselines = new Map<string, Baseline>();

  /** As computeBaseline. */
  baseline(day: string): Baseline {
    const known = this.#baselines.get(day);
    if (known) return known;
    const end = startOfDay(day);
    const rows = this.#rows(end - 7 * WEEKS * DAY_MS, end);
    const days = new Set(rows.map(({ hour }) => Math.floor(hour / DAY_MS))).size;
    const baseline: Baseline = { days, providers: {}, streams: {} };
    const hours = new Map<string, Map<number, number>>();
    for (const row of rows) {
      if (row.provider !== null) {
        baseline.providers[row.provider] ??= { delivered: 0, bounced: 0, delayed: 0, complained: 0 };
        const of = baseline.providers[row.provider];
        if (of === undefined) continue;
        for (const figure of ['delivered', 'bounced', 'delayed', 'complained'] as const) of[figure] += row[figure];
      }
      if (row.stream === null) continue;
      baseline.streams[row.stream] ??= {
        delivered: 0,
        engaged: Array.from({ length: 24 }, () => 0),
        least: Array.from({ length: 168 }, () => 0),
      };
      const of = baseline.streams[row.stream];
      if (of === undefined) continue;
      of.delivered += row.delivered;
      const hourOfDay = (row.hour / HOUR_MS) % 24;
      of.engaged[hourOfDay] = (of.engaged[hourOfDay] ?? 0) + row.engaged;
      const own = hours.get(row.stream) ?? new Map<number, number>();
      hours.set(row.stream, own.set(row.hour, (own.get(row.hour) ?? 0) + row.mailed));
    }
    for (const [stream, own] of hours)
      for (const ofWeek of Map.groupBy(own, ([hour]) => hourOfWeek(hour)).entries()) {
        const [at, each] = ofWeek;
        const least = baseline.streams[stream]?.least;
        if (least && each.length >= WEEKS) least[at] = Math.min(...each.map(([, mailed]) => mailed));
      }
    this.#baselines.set(day, baseline);
    return baseline;
  }

  #rows(from: number, to: number): HourCounts[] {
    const rows: HourCounts[] = [];
    const [first, last] = [Math.max(0, (from - this.#first) / HOUR_MS), (to - this.#first) / HOUR_MS];
    for (const [key, values] of this.#cells) {
      const [stream = '', provider = ''] = key.split('\n');
      for (let hour = first; hour < last; hour++) {
        const [delivered = 0, bounced = 0, delayed = 0, complained = 0, engaged = 0, mailed = 0] = values.subarray(
          hour * FIGURES.length,
          (hour + 1) * FIGURES.length,
        );
        if (mailed + engaged === 0) continue;
        rows.push({
          hour: this.#first + hour * HOUR_MS,
          stream: stream === '' ? null : stream,
          provider: provider === '' ? null : provider,
          delivered,
          bounced,
          delayed,
          complained,
          engaged,
          mailed,
        });
      }
    }
    return rows;
  }

  #at(stream: string | null, provider: string | null): Float64Array {
    const key = `${stream ?? ''}\n${provider ?? ''}`;
    const known = this.#cells.get(key);
    if (known) return known;
    const made = new Float64Array(this.#hours * FIGURES.length);
    this.#cells.set(key, made);
    return made;
  }
}

/** What a suppression list stopped, and full mailboxes, are not counted. */
const isLate = (subType: string): boolean => subType === 'OnAccountSuppressionList' || subType === 'MailboxFull';

/** A configuration set, else the Pinpoint project, else the identity that feedback names. */
function streamOf({ mailing }: Life['mail']): string | null {
  if (mailing.configurationSet !== null) return mailing.configurationSet;
  return mailing.stream.source === 'pinpoint' ? PINPOINT_PROJECT : mailing.sender.domain;
}
