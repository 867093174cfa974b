/** Writes the SQL of the deliverability family of views, `deliverability_facts` included. */
import { type Dimension, FACT_DIMENSIONS, type FamilyView } from './dimensions.ts';
import { headerText } from './header.ts';
import { counted, MEASURE_NAMES, MEASURES } from './measures.ts';
import { divided, meaningOf, RATES } from './rates.ts';
import { cte, groupBy, imported, setting, statement } from './select.ts';

const ORDER = [...MEASURE_NAMES, ...RATES.map(({ name }) => name), 'is_mature'];

/** sql/marts/deliverability_facts.sql */
export function factsText(): string {
  const names = namesOf(FACT_DIMENSIONS);
  const header = headerText({
    doc: 'Counts, all of them additive, over every dimension: filter by any of them, sum, and divide last. One row per send date, provider, from domain, configuration set, campaign, treatment, journey, tenant and dimensions.',
    clock: 'cohort',
    grain: grainOf(FACT_DIMENSIONS),
    columns: [
      ...FACT_DIMENSIONS.map(described),
      ...MEASURES.map(({ name, doc }) => ({ name, type: 'bigint', doc })),
      { name: 'is_mature', type: 'boolean', doc: MATURITY },
    ],
    order: ORDER,
  });
  const select = statement([
    imported('outcomes', 'message_outcomes'),
    setting('settings', 'attribution_days', 'integer'),
    cte('counts', [...names, ...MEASURES.map((measure) => counted(measure, 8))], 'outcomes', groupBy(names)),
    cte('final', [...names, ...MEASURE_NAMES, matureFrom('send_date')], 'counts', '    cross join settings'),
  ]);
  return header + select;
}

const MATURITY =
  'The attribution window is over (seed settings, attribution_days), and a day for late arrivals: the numbers are final.';

/** The text of a view's file under sql/marts: header and select, in Athena's dialect. */
export function familyText(view: FamilyView): string {
  return headerOf(view) + selectOf(view);
}

function headerOf({ name, doc, dimensions, source }: FamilyView): string {
  const first = name === 'deliverability_daily';
  return headerText({
    doc,
    clock: 'cohort',
    grain: grainOf(dimensions),
    columns: [
      ...dimensions.map((dimension) => described({ doc: `= ${source}`, ...dimension })),
      ...(hasDay(dimensions) ? [] : SPAN),
      ...MEASURE_NAMES.map((measure) => ({ name: measure, type: 'bigint', doc: '= deliverability_facts' })),
      ...RATES.map((rate) => ({
        name: rate.name,
        type: 'double',
        doc: first ? meaningOf(rate) : '= deliverability_daily',
      })),
      { name: 'is_mature', type: 'boolean', doc: maturity(dimensions, first) },
    ],
    order: ORDER,
  });
}

/** Of mail whose day is no dimension. */
const SPAN = [
  { name: 'first_send_date', type: 'date', doc: 'The first day of sending, simulator addresses aside.' },
  { name: 'last_send_date', type: 'date', doc: 'The last day of sending, simulator addresses aside.' },
];

function maturity(dimensions: readonly Dimension[], first: boolean): string {
  if (first) return '= deliverability_facts';
  if (hasDay(dimensions)) return '= deliverability_daily';
  return 'The attribution window of the last send date is over, and a day for late arrivals: the numbers are final.';
}

function selectOf(view: FamilyView): string {
  const { dimensions, source, where } = view;
  const names = namesOf(dimensions);
  const hasFacts = source === 'deliverability_facts';
  const rows = hasFacts ? 'facts' : 'outcomes';
  const span = hasDay(dimensions) ? [] : namesOf(SPAN);
  const sums = hasFacts
    ? MEASURE_NAMES.map((measure) => `cast(sum(${measure}) as bigint) as ${measure}`)
    : MEASURES.map((measure) => counted(measure, 8));
  const spans = span.map(
    (name) =>
      `${name.slice(0, name.indexOf('_')) === 'first' ? 'min' : 'max'}(case when not is_simulator then send_date end) as ${name}`,
  );
  return statement([
    imported(rows, source, where),
    setting('settings', 'attribution_days', 'integer'),
    cte('sums', [...names, ...spans, ...sums], rows, groupBy(names)),
    cte(
      'final',
      [
        ...names,
        ...span,
        ...MEASURE_NAMES,
        ...RATES.map((rate) => divided(rate, 8)),
        matureFrom(hasDay(dimensions) ? 'send_date' : 'last_send_date'),
      ],
      'sums',
      '    cross join settings',
    ),
  ]);
}

const matureFrom = (day: string): string => `${day} + attribution_days * interval '1' day < current_date as is_mature`;

const namesOf = (dimensions: readonly { name: string }[]): string[] => dimensions.map(({ name }) => name);
const grainOf = (dimensions: readonly Dimension[]): string[] =>
  namesOf(dimensions.filter(({ isDecided = false }) => !isDecided));
const hasDay = (dimensions: readonly Dimension[]): boolean => dimensions.some(({ name }) => name === 'send_date');
const described = ({ name, type, doc = '' }: Dimension): { name: string; type: string; doc: string } => ({
  name,
  type,
  doc,
});
