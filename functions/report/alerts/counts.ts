/** Counts of the hours just past, and of the four weeks before them, by which the hours are judged. */
import * as z from 'zod';
import { HOUR_MS, utcDate } from '#lake/days.ts';
import type { Store } from '#lake/ports.ts';
import { hourlyBaselineKey } from '#lake/protocol/keys.ts';
import { readState } from '#lake/protocol/records.ts';
import { later, within } from '../period.ts';
import type { Row } from '../rows.ts';
import { askAbout, type ReportLake } from '../scope.ts';

/** What happened in an hour to mail of a stream at a provider. */
export interface HourCounts {
  /** epoch ms, its beginning */
  hour: number;
  /** a configuration set, else a Pinpoint project or identity; null: none is known */
  stream: string | null;
  /** null: no recipient is known */
  provider: string | null;
  delivered: number;
  /** of all kinds, without what a suppression list stopped, and full mailboxes, of which servers tell hours later */
  bounced: number;
  /** recipient-messages that were put off */
  delayed: number;
  complained: number;
  /** opens and clicks, by anyone or anything: each passes the tracking domain */
  engaged: number;
  /** events of all other types: sending, delivery, bounces and so on */
  mailed: number;
}

const WEEKS = 4;
const HOURS_OF_WEEK = 7 * 24;

const counts = z.object({ delivered: z.number(), bounced: z.number(), delayed: z.number(), complained: z.number() });

const BaselineText = z.object({
  /** days with events, 28 at most */
  days: z.number(),
  providers: z.record(z.string(), counts),
  streams: z.record(
    z.string(),
    z.object({
      delivered: z.number(),
      /** by hour of the day: opens and clicks in all */
      engaged: z.array(z.number()),
      /** by hour of the week, from Monday 0:00 UTC: the fewest events, but opens and clicks, of the four weeks */
      least: z.array(z.number()),
    }),
  ),
});

/** The four weeks before a day. */
export type Baseline = z.output<typeof BaselineText>;

/** Streams that are judged: those with most mail. */
const MOST_STREAMS = 20;

const STREAM = 'coalesce(configuration_set, application_id, sending_identity)';

/** A mail that is put off twice in an hour is one. */
const COUNTED = `count(distinct case when event_type = 'delivered' then event_id end) as delivered,
    count(distinct case when bounce_kind is not null and not is_suppressed and bounce_category <> 'mailbox_full' then event_id
        end) as bounced,
    count(distinct case when event_type = 'delivery_delay' then message_id || ' ' || coalesce(recipient_key, '') end)
        as delayed,
    count(distinct case when event_type = 'complaint' and not is_suppressed then event_id end) as complained,
    count(distinct case when event_type in ('open', 'click') then event_id end) as engaged,
    count(distinct case when event_type not in ('open', 'click') then event_id end) as mailed`;

/** Complaints about mail of three days before are expected still. */
const RECENT_DAYS = 3;

/** The hours up to `end` and what they are compared with, days that may hold rows twice included. */
export async function loadRecent(lake: ReportLake, end: number): Promise<HourCounts[]> {
  const to = utcDate(end - 1);
  const ask = askAbout(lake, {}, { from: later(to, -RECENT_DAYS), to });
  const rows = await ask(`select
    date_trunc('hour', occurred_at) as hour,
    ${STREAM} as stream,
    mailbox_provider as provider,
    ${COUNTED}
from email_events
where not is_simulator
group by 1, 2, 3`);
  return rows
    .map((row) => ({
      hour: row.number('hour'),
      stream: row.maybeText('stream'),
      provider: row.maybeText('provider'),
      ...countsOf(row),
      engaged: row.number('engaged'),
      mailed: row.number('mailed'),
    }))
    .filter(({ hour }) => hour < end);
}

const countsOf = (row: Row) => ({
  delivered: row.number('delivered'),
  bounced: row.number('bounced'),
  delayed: row.number('delayed'),
  complained: row.number('complained'),
});

/** The baseline of a day, computed once: an hourly look reads few days of events. */
export async function baselineOf(
  lake: ReportLake,
  store: Pick<Store, 'get' | 'create'>,
  day: string,
): Promise<Baseline> {
  const key = hourlyBaselineKey(day);
  const kept = await readState<unknown>(store, key);
  if (kept !== null) return BaselineText.parse(kept);
  const baseline = await computeBaseline(lake, day);
  await store.create(key, JSON.stringify(baseline));
  return baseline;
}

export async function computeBaseline(lake: ReportLake, day: string): Promise<Baseline> {
  const days = { from: later(day, -7 * WEEKS), to: later(day, -1) };
  const ask = askAbout(lake, {}, days);
  const hoursBy = (column: string, condition = ''): string => `with hours as (
    select ${column}, date_trunc('hour', occurred_at) as at_hour, dt, ${COUNTED}
    from email_events
    where not is_simulator${condition}
    group by 1, 2, 3
)`;
  const providers = await ask(`${hoursBy('mailbox_provider as provider', ' and mailbox_provider is not null')}
select
    provider,
    cast(sum(delivered) as bigint) as delivered,
    cast(sum(bounced) as bigint) as bounced,
    cast(sum(delayed) as bigint) as delayed,
    cast(sum(complained) as bigint) as complained
from hours
group by provider`);
  const hours = await ask(`${hoursBy(`${STREAM} as stream`)}
select
    stream,
    cast(day_of_week(at_hour) as integer) as weekday,
    cast(hour(at_hour) as integer) as hour_of_day,
    cast(sum(delivered) as bigint) as delivered,
    cast(sum(engaged) as bigint) as engaged,
    cast(case when count(*) >= ${WEEKS} then min(mailed) else 0 end as bigint) as least,
    cast(sum(mailed) as bigint) as mailed
from hours
where stream is not null
group by 1, 2, 3`);
  const [known] = await ask(`select count(distinct dt) as days from email_events where ${within('event_date', days)}`);
  const byStream = [...Map.groupBy(hours, (row) => row.text('stream'))]
    .map(([stream, rows]) => ({ stream, rows, mailed: sum(rows, 'mailed') }))
    .sort((a, b) => b.mailed - a.mailed || (a.stream < b.stream ? -1 : 1));
  return {
    days: known?.number('days') ?? 0,
    providers: Object.fromEntries(providers.map((row) => [row.text('provider'), countsOf(row)])),
    streams: Object.fromEntries(
      byStream.slice(0, MOST_STREAMS).map(({ stream, rows }) => [
        stream,
        {
          delivered: sum(rows, 'delivered'),
          engaged: Array.from({ length: 24 }, (_, hour) =>
            sum(
              rows.filter((row) => row.number('hour_of_day') === hour),
              'engaged',
            ),
          ),
          least: Array.from({ length: HOURS_OF_WEEK }, (_, at) =>
            sum(
              rows.filter((row) => (row.number('weekday') - 1) * 24 + row.number('hour_of_day') === at),
              'least',
            ),
          ),
        },
      ]),
    ),
  };
}

const sum = (rows: readonly Row[], name: string): number => rows.reduce((total, row) => total + row.number(name), 0);

/** Place of an hour in its week, which begins on Monday. 1970-01-01 was a Thursday. */
export const hourOfWeek = (hour: number): number => (Math.floor(hour / HOUR_MS) + 3 * 24) % HOURS_OF_WEEK;
