/** Says what lies behind a finding of the last hours: the servers' answers, the domain and the campaign. */

import { HOUR_MS, utcDate } from '#lake/days.ts';
import { quoteText } from '#lake/sql/quote.ts';
import { type Answer, answerOf, MOST, type Share, saidIn } from '../causes.ts';
import type { Ask } from '../rows.ts';
import { askAbout, type ReportLake } from '../scope.ts';
import { causeWords } from '../wording.ts';
import type { HourlyFinding } from './hourly.ts';

const EVENTS: Partial<Record<HourlyFinding['trouble'], string>> = {
  refused: "bounce_kind is not null and bounce_category <> 'mailbox_full'",
  deferred: "event_type = 'delivery_delay'",
  complaints: "event_type = 'complaint'",
};

/** The same finding, with what the events of its hours tell. */
export async function explained(lake: ReportLake, finding: HourlyFinding): Promise<HourlyFinding> {
  const { trouble, scope, since, until, says } = finding;
  const kind = EVENTS[trouble];
  if (kind === undefined) return finding;
  const days = { from: utcDate(since), to: utcDate(until) };
  const ask = askAbout(lake, {}, days);
  const hours = `occurred_at >= ${timestamp(since)} and occurred_at < ${timestamp(until + HOUR_MS)}`;
  const at = scope.provider === undefined ? '' : ` and mailbox_provider = ${quoteText(scope.provider)}`;
  const mail = `not is_suppressed and not is_simulator and ${hours}${at}`;
  const events = `${kind} and ${mail}`;
  const answer =
    trouble === 'complaints'
      ? null
      : trouble === 'refused'
        ? await refusal(ask, finding, days)
        : await delay(ask, events);
  const words = causeWords({
    answer,
    domain: await shareOf(ask, { mail, kind }, 'from_domain'),
    campaign: await shareOf(ask, { mail, kind }, 'campaign_id'),
  });
  return { ...finding, says: { ...says, ...words, todo: words.todo ?? says.todo } };
}

const timestamp = (ms: number): string => `timestamp '${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}'`;

const refusal = (ask: Ask, { scope, counted, of, expected }: HourlyFinding, days: { from: string; to: string }) =>
  answerOf(ask, {
    metric: 'hard_bounce_rate',
    provider: scope.provider ?? null,
    providers: [],
    ...days,
    days: 1,
    numerator: counted,
    denominator: of,
    expected: expected / Math.max(of, 1),
    horizon: 24,
    deviations: 0,
  });

async function delay(ask: Ask, events: string): Promise<Answer | null> {
  const [row] = await ask(`select delay_type, max(types.meaning) as meaning, max(types.what_to_do) as what_to_do
from email_events
inner join seed_delay_types as types using (delay_type)
where ${events}
group by delay_type
order by count(*) desc, delay_type
limit 1`);
  if (!row) return null;
  const said = await saidIn(ask, `${events} and diagnostic_code is not null`);
  return { status: null, meaning: row.text('meaning'), whatToDo: row.maybeText('what_to_do'), ...said };
}

/** Who has most of it, if most of it is one's and others had mail, too. */
async function shareOf(
  ask: Ask,
  { mail, kind }: { mail: string; kind: string },
  column: 'from_domain' | 'campaign_id',
): Promise<Share | null> {
  const [first, ...others] = await ask(`select
    ${column} as name,
    count_if(${kind}) as cases,
    cast(sum(count_if(${kind})) over () as bigint) as all_cases
from email_events
where ${mail} and (event_type = 'delivered' or ${kind})
group by ${column}
order by cases desc, ${column}
limit 2`);
  const name = first?.maybeText('name');
  if (!first || !name || others.length === 0) return null;
  const share = first.number('cases') / Math.max(1, first.number('all_cases'));
  return share >= MOST ? { name, share } : null;
}
