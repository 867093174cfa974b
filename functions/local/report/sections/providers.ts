import type { Engine } from '#lake/ports.ts';
import { heatMap, type ProviderDay } from '../charts/heat.ts';
import { html, type Markup } from '../html.ts';
import type { Incident } from '../incidents.ts';
import { type Period, within } from '../period.ts';
import { rowsOf } from '../rows.ts';

export async function loadProviderDays(engine: Engine, period: Period): Promise<ProviderDay[]> {
  const result = await engine.query(`with provider_days as (
    select
        send_date,
        mailbox_provider,
        cast(sum(sent) as bigint) as sent,
        cast(sum(hard_bounces + soft_bounces + undetermined_bounces) as bigint) as bounces
    from deliverability_by_mailbox_provider
    where ${within('send_date', period.shown)}
    group by send_date, mailbox_provider
)
select
    cast(send_date as varchar) as day,
    mailbox_provider,
    sent,
    bounces
from (
    select *, sum(sent) over (partition by mailbox_provider) as provider_sent
    from provider_days
)
where sent > 0
order by mailbox_provider = 'other', provider_sent desc, mailbox_provider, send_date`);
  return rowsOf(result).map((row) => ({
    date: row.text('day'),
    provider: row.text('mailbox_provider'),
    sent: row.number('sent'),
    bounces: row.number('bounces'),
  }));
}

/** Is Gmail, Yahoo or Microsoft turning us away? */
export const providersSection = (
  cells: readonly ProviderDay[],
  period: Period,
  incidents: readonly Incident[],
): Markup => html`
<section aria-labelledby="providers">
<h2 id="providers">Mailbox providers</h2>
${heatMap(cells, period, incidents)}
</section>`;
