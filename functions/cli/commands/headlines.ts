/** The main numbers and the gravest incident, which `run` and `demo` print at their end. */
import { count, percent } from '#host/figures.ts';
import { padLeft, padRight, safeText, wrapText } from '#host/safe-text.ts';
import type { Engine } from '#lake/ports.ts';
import { type Cause, loadCauses } from '#report/causes.ts';
import { excess, findIncidents, type Incident } from '#report/incidents.ts';
import { COUNTS, type Count, RATES, rateOf, SUMMED_COUNTS } from '#report/measures.ts';
import type { Days } from '#report/period.ts';
import { providerName } from '#report/providers.ts';
import { HOW_TO_PUBLISH, loadUnpublished, type Unpublished, unpublishedWords } from '#report/published.ts';
import { type Row, rowsOf } from '#report/rows.ts';
import type { ReportLake } from '#report/scope.ts';
import { worded } from '#report/wording.ts';
import type { Console } from '../console.ts';
import type { Palette } from '../terminal/palette.ts';

/** Counts and what they make: rates from 0 to 1, null where nothing can be observed. */
export interface Numbers {
  counts: Record<Count, number>;
  rates: Record<keyof typeof RATES, number | null>;
}

export interface Headlines extends Numbers {
  first_send_date: string;
  last_send_date: string;
  /** the largest first */
  providers: (Numbers & { mailbox_provider: string })[];
  /** counts that are unknown, because their events are not published */
  unpublished: Unpublished[];
}

/** The numbers that everyone asks for first, over all mail of the lake; null if there is none. */
export async function headlines(engine: Pick<Engine, 'query'>): Promise<Headlines | null> {
  const ask = async (sql: string) => rowsOf(await engine.query(sql));
  const [[total], providers, unpublished] = await Promise.all([
    ask(
      `select cast(min(send_date) as varchar) as first_day, cast(max(send_date) as varchar) as last_day, ${SUMMED_COUNTS} from deliverability_facts`,
    ),
    ask(
      `select mailbox_provider, ${SUMMED_COUNTS} from deliverability_facts group by 1 order by sent desc, mailbox_provider`,
    ),
    loadUnpublished(ask),
  ]);
  const [first, last] = [total?.maybeText('first_day'), total?.maybeText('last_day')];
  if (!total || first == null || last == null) return null;
  return {
    first_send_date: first,
    last_send_date: last,
    ...numbers(total),
    providers: providers.map((row) => ({ mailbox_provider: row.text('mailbox_provider'), ...numbers(row) })),
    unpublished,
  };
}

const numbers = (row: Row): Numbers => ({
  counts: record(COUNTS, (name) => row.number(name)),
  rates: record(RATE_NAMES, (name) => rateOf(row, RATES[name])),
});

const RATE_NAMES = Object.keys(RATES) as (keyof typeof RATES)[];

const record = <K extends string, V>(names: readonly K[], of: (name: K) => V): Record<K, V> =>
  Object.fromEntries(names.map((name) => [name, of(name)])) as Record<K, V>;

/** Providers with a line of their own; the rest stands in the views and the report. */
const MOST_PROVIDERS = 6;

/** The rate beside a count; with its own counts where it is of fewer mails, as of some it can't be told how many were sent. */
function rateOfShown({ counts, rates }: Numbers, shown: Count, name: keyof typeof RATES): string {
  const { numerator, denominator } = RATES[name];
  const rate = percent(rates[name]);
  if (rates[name] === null || counts[numerator] === counts[shown]) return rate;
  return `${rate}: ${count(counts[numerator])} of the ${count(counts[denominator])} that it can be told of`;
}

export function* headlineLines(found: Headlines, palette: Palette): Generator<string> {
  const { counts, rates } = found;
  yield palette.bold(`Mail sent from ${found.first_send_date} to ${found.last_send_date}`);
  for (const [name, n, says] of [
    ['sent', counts.sent, ''],
    ['delivered', counts.delivered, rateOfShown(found, 'delivered', 'delivery')],
    ['hard bounces', counts.hard_bounces, rateOfShown(found, 'hard_bounces', 'hardBounce')],
    [
      'soft bounces',
      counts.soft_bounces,
      `${rateOfShown(found, 'soft_bounces', 'softBounce')}, and never delivered ${percent(rates.softNeverDelivered)}`,
    ],
    ['complaints', counts.feedback_complaints, `${percent(rates.complaint)} where providers tell of them`],
    [
      'opened',
      counts.unique_human_opens,
      `${rateOfShown(found, 'unique_human_opens', 'humanOpen')}, by people: machines are left out`,
    ],
    ['clicked', counts.unique_human_clicks, `${rateOfShown(found, 'unique_human_clicks', 'click')}, by people`],
    ['unsubscribed', counts.unsubscribes, rateOfShown(found, 'unsubscribes', 'unsubscribe')],
  ] as const) {
    yield `  ${name.padEnd(14)}${padLeft(count(n), 9)}   ${says}`.trimEnd();
  }
  yield '';
  yield* grid(
    [
      ['provider', 'sent', 'delivered', 'hard', 'soft', 'complaints', 'opened', 'clicked'],
      ...found.providers.slice(0, MOST_PROVIDERS).map(({ mailbox_provider, counts: { sent }, rates: of }) => {
        const shown = [of.delivery, of.hardBounce, of.softBounce, of.complaint, of.humanOpen, of.click].map(percent);
        return [safeText(providerName(mailbox_provider)), count(sent), ...shown];
      }),
    ],
    palette,
  );
  for (const one of found.unpublished) yield `  not observable: ${unpublishedWords(one)} ${safeText(one.scope)}`;
  if (found.unpublished.length > 0) yield `  ${HOW_TO_PUBLISH}`;
}

/** The first column left, the others right. */
function* grid(rows: readonly (readonly string[])[], { dim }: Palette): Generator<string> {
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0))) ?? [];
  for (const [i, row] of rows.entries()) {
    const text = row.map((cell, j) => (j === 0 ? padRight : padLeft)(cell, widths[j] ?? 0)).join('  ');
    yield `  ${i === 0 ? dim(text) : text}`;
  }
}

/** An incident of the report, with what lies behind it. */
export interface ExplainedIncident extends Incident {
  cause: Cause | undefined;
}

/** What stands out in a lake; headline and incident are null where there is no mail, or no day that stands out. */
export interface Findings {
  headline: Headlines | null;
  incident: ExplainedIncident | null;
}

export async function findings(lake: ReportLake): Promise<Findings> {
  const headline = await headlines(lake.engine);
  if (!headline) return { headline, incident: null };
  return {
    headline,
    incident: await gravestIncident(lake, { from: headline.first_send_date, to: headline.last_send_date }),
  };
}

const MOST_WIDTH = 100;

/** The headline numbers, and the incident in words. */
export function* findingsLines({ headline, incident }: Findings, { palette, width }: Console): Generator<string> {
  if (!headline) return;
  yield '';
  yield* headlineLines(headline, palette);
  yield '';
  yield palette.bold('The incident');
  for (const line of wrapText(incidentText(incident), Math.min(width, MOST_WIDTH) - 2)) yield `  ${line}`;
}

/** Found in the data, so there may be none. */
function incidentText(incident: ExplainedIncident | null): string {
  if (!incident) return 'No day stands out.';
  const { when, what, compared, whose, why, said, todo } = worded(incident, incident.cause);
  return safeText([`${when} ${what}: ${compared}.`, whose, why, said, todo].filter(Boolean).join(' '));
}

/** The gravest incident of these days, found in the data; null if no day stands out. */
export async function gravestIncident(lake: ReportLake, shown: Days): Promise<ExplainedIncident | null> {
  const { incidents } = await findIncidents(lake, {}, { shown });
  const [gravest] = incidents.sort((a, b) => excess(b) - excess(a));
  if (!gravest) return null;
  return { ...gravest, cause: (await loadCauses(lake, {}, [gravest])).get(gravest) };
}
