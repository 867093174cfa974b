import type { Engine } from '#lake/ports.ts';
import { later, type Period, within } from './period.ts';
import { rowsOf } from './rows.ts';

/** Days on which a mailbox provider turned away far more mail than it usually does. */
export interface Incident {
  provider: string;
  /** send days, both included; every day with mail between them is part of it */
  from: string;
  to: string;
  sent: number;
  bounces: number;
  /** the provider's bounces of its other shown days, as a share of sent */
  usual: number;
}

/**
 * A provider-day stands out if its bounces are many (8 more than usual would bring), a large share (5 percentage points
 * and three times more than usual) and not chance (six standard deviations of a binomial share, the usual one taken as
 * half a percent at least). Small senders' bad luck is none of these at once.
 */
export async function findIncidents(engine: Engine, period: Period): Promise<Incident[]> {
  const result = await engine.query(`with provider_days as (
    select
        send_date,
        mailbox_provider,
        sum(sent) as sent,
        sum(hard_bounces + soft_bounces + undetermined_bounces) as bounces
    from deliverability_by_mailbox_provider
    where ${within('send_date', period.shown)}
    group by send_date, mailbox_provider
),
against_others as (
    select
        send_date,
        mailbox_provider,
        cast(sent as double) as sent,
        cast(bounces as double) as bounces,
        cast(sum(bounces) over (partition by mailbox_provider) - bounces as double)
            / nullif(sum(sent) over (partition by mailbox_provider) - sent, 0) as usual
    from provider_days
    where sent > 0
),
expected as (
    select *, greatest(usual, 0.005) as floor_usual
    from against_others
    where usual is not null
)
select cast(send_date as varchar) as day, mailbox_provider, sent, bounces, usual
from expected
where
    bounces - sent * usual >= 8
    and bounces / sent >= 3 * usual
    and bounces / sent >= usual + 0.05
    and bounces - sent * floor_usual >= 6 * sqrt(sent * floor_usual * (1 - floor_usual))
order by mailbox_provider, send_date`);
  const found = rowsOf(result).map((row) => ({
    provider: row.text('mailbox_provider'),
    from: row.text('day'),
    to: row.text('day'),
    sent: row.number('sent'),
    bounces: row.number('bounces'),
    usual: row.number('usual'),
  }));
  return joined(found).sort((a, b) => (a.from === b.from ? b.bounces - a.bounces : a.from < b.from ? 1 : -1));
}

/** Days in a row at one provider are one incident. `days`: by provider and date. */
export function joined(days: readonly Incident[]): Incident[] {
  const incidents: Incident[] = [];
  for (const day of days) {
    const last = incidents.at(-1);
    if (last && last.provider === day.provider && later(last.to, 1) === day.from) {
      last.to = day.to;
      last.sent += day.sent;
      last.bounces += day.bounces;
      last.usual = Math.min(last.usual, day.usual);
    } else incidents.push({ ...day });
  }
  return incidents;
}
