/** The section about hours and weekdays. */
import { type WeekHour, weekChart } from '../charts/week.ts';
import { html } from '../html.ts';
import type { Section } from '../page.ts';
import type { Ask, Row } from '../rows.ts';

export interface Hours {
  /** only those in which something happened, by weekday and hour */
  hours: WeekHour[];
  timeZone: string;
}

export async function loadHours(ask: Ask): Promise<Hours> {
  // By the minute first: a clock is asked for as many times as there are, not for each mail's.
  const sendings = await ask(`with minutes as (
    select date_trunc('minute', sent_at) as sent_minute, count(*) as sent
    from message_outcomes
    where is_sent and not is_simulator
    group by 1
),
sendings as (
    select at_timezone(with_timezone(sent_minute, 'UTC'), seed_settings.value) as local_time, sent
    from minutes
    cross join seed_settings
    where seed_settings.name = 'report_time_zone'
)
select
    cast(day_of_week(local_time) as integer) as day_of_week,
    cast(hour(local_time) as integer) as hour_of_day,
    cast(sum(sent) as bigint) as sent
from sendings
group by 1, 2`);
  const engagement = await ask('select day_of_week, hour_of_day, human_opens, human_clicks from engagement_by_hour');
  const [zone] = await ask("select value from seed_settings where name = 'report_time_zone'");
  const at = (rows: readonly Row[]) =>
    new Map(rows.map((row) => [place(row.number('day_of_week'), row.number('hour_of_day')), row]));
  const [sent, engaged] = [at(sendings), at(engagement)];
  const hours = WEEK.map(({ weekday, hour }) => ({
    weekday,
    hour,
    sent: sent.get(place(weekday, hour))?.number('sent') ?? 0,
    opens: engaged.get(place(weekday, hour))?.number('human_opens') ?? 0,
    clicks: engaged.get(place(weekday, hour))?.number('human_clicks') ?? 0,
  }));
  return {
    hours: hours.filter(({ sent, opens, clicks }) => sent + opens + clicks > 0),
    timeZone: zone?.text('value') ?? 'UTC',
  };
}

const place = (weekday: number, hour: number): number => weekday * 24 + hour;
const WEEK = Array.from({ length: 168 }, (_, i) => ({ weekday: Math.floor(i / 24) + 1, hour: i % 24 }));

/** When is mail sent, and when do people open and click? */
export function hoursSection({ hours, timeZone }: Hours): Section | null {
  if (hours.length === 0) return null;
  const markup = html`
<section aria-labelledby="hours">
<h2 id="hours">Hours of the week</h2>
<p class="note">By clocks in ${timeZone.replaceAll('_', ' ')}; opens and clicks by machines are left out.</p>
<div class="triple">
${weekChart({ id: 'hours-sent', title: 'When mail is sent', unit: 'mail', value: ({ sent }) => sent }, hours)}
${weekChart({ id: 'hours-opens', title: 'When people open', unit: 'open', value: ({ opens }) => opens }, hours)}
${
  hours.some(({ clicks }) => clicks > 0) &&
  weekChart({ id: 'hours-clicks', title: 'When people click', unit: 'click', value: ({ clicks }) => clicks }, hours)
}
</div>
</section>`;
  return { id: 'hours', name: 'Hours', markup };
}
