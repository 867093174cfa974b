/** Limits what the report reads to the mail that it is about. */
import { UsageError } from '#host/failure.ts';
import type { Engine } from '#lake/ports.ts';
import { DIMENSION_COLUMNS, type Settings } from '#lake/settings.ts';
import { FACT_DIMENSIONS } from '#lake/sql/marts/dimensions.ts';
import { quoteText } from '#lake/sql/quote.ts';
import { inlineOrdered } from '#lake/sql/views/inline.ts';
import { tokens } from '#lake/sql/views/tokens.ts';
import type { View } from '#lake/sql/views/view.ts';
import { events, headers } from '#lake/tables/index.ts';
import { columnNames } from '#lake/tables/table.ts';
import type { Days } from './period.ts';
import { type Ask, rowsOf } from './rows.ts';

/** What the report needs of a lake. */
export interface ReportLake {
  engine: Pick<Engine, 'query'> & {
    /** the views of which it reads again what it has read once; left out: none */
    held?: ReadonlySet<string>;
    /** makes the rows of a select a table, for statements to name; left out: it keeps none */
    keep?(select: string): Promise<string>;
  };
  /** what stands in place of tables and views, for questions about the same mail: tables that the engine keeps, by name */
  kept?: ReadonlyMap<string, Kept>;
  /** the saved views, in any order */
  views: readonly View[];
  /** the tags that a user has made dimensions; none if left out */
  settings?: Pick<Settings, 'dimensions'>;
}

/** A table that an engine keeps, and its columns. */
interface Kept {
  table: string;
  columns: readonly string[];
}

/** A property of mail that a report can be about, or be taken apart by. */
export interface Property {
  column: string;
  /** `campaign` */
  name: string;
  /** `campaigns` */
  plural: string;
  /** what stands before a value in `Only mail …` */
  says: string;
}

/** By option of the command line. The tags that a user names in the setting `dimensions` are properties, too. */
export const PROPERTIES = {
  campaign: { column: 'campaign_id', name: 'campaign', plural: 'campaigns', says: 'of the campaign' },
  domain: { column: 'from_domain', name: 'sending domain', plural: 'sending domains', says: 'from' },
  tenant: { column: 'tenant', name: 'tenant', plural: 'tenants', says: 'for the tenant' },
} as const satisfies Record<string, Property>;
export type PropertyName = keyof typeof PROPERTIES;
export const PROPERTY_NAMES = Object.keys(PROPERTIES) as readonly PropertyName[];

/** Which mail the report is about; all of it where nothing is said. */
export type Filter = Partial<Record<PropertyName, string>> & {
  /** value by tag, such as `{ team: 'blue' }` */
  dimensions?: Readonly<Record<string, string>>;
};

/** One thing that a filter asks for. */
export interface Condition extends Property {
  /** as a person has written it, such as `--dimension team` */
  option: string;
  value: string;
}

/** @throws UsageError for a tag that is no dimension */
export function conditionsOf(lake: Pick<ReportLake, 'settings'>, filter: Filter): Condition[] {
  const { dimensions = {} } = filter;
  return [
    ...PROPERTY_NAMES.flatMap((name) => {
      const value = filter[name];
      return value === undefined ? [] : [{ ...PROPERTIES[name], option: `--${name}`, value }];
    }),
    ...Object.entries(dimensions).map(([tag, value]) => {
      const option = `--dimension ${tag}`;
      return { ...dimensionOf(lake, tag, option), option, value };
    }),
  ];
}

/** What `--by` names: a property, or a tag that is a dimension. @throws UsageError if it is neither */
export function propertyNamed(lake: Pick<ReportLake, 'settings'>, name: string): Property {
  const known = PROPERTY_NAMES.find((one) => one === name);
  return known ? PROPERTIES[known] : dimensionOf(lake, name, '--by');
}

function dimensionOf({ settings }: Pick<ReportLake, 'settings'>, tag: string, option: string): Property {
  const { dimensions = [] } = settings ?? {};
  const column = DIMENSION_COLUMNS[dimensions.indexOf(tag)];
  if (column !== undefined) return { column, name: tag, plural: `values of ${tag}`, says: `with ${tag}` };
  const others = option === '--by' ? `${PROPERTY_NAMES.join(', ')}; ` : '';
  throw new UsageError(
    `${option}: ${tag} is no dimension of this lake`,
    dimensions.length > 0
      ? `there are: ${others}${dimensions.join(', ')}`
      : `${others && `there are: ${others}`}tags become dimensions in settings.json, such as {"dimensions": ["${tag}"]}`,
  );
}

/**
 * What all marts of mail are made from. A row of a staging view comes of one row of its table and keeps the columns that limit
 * it, so that engines leave files unread as they do of tables, and statements are a third as long.
 */
const BASES: readonly string[] = ['message_outcomes', 'email_events', headers.name];

/** It has all that limits mail, too; but where it is not held, it is grouped by what a question asks for alone. */
const FACTS = 'deliverability_facts';

const HEADER_COLUMNS: readonly string[] = [...columnNames(headers), 'dt'];

/** The dimensions of mail; the mailbox provider, which comes from the recipient's domain, is not one of them. */
const DIMENSIONS = FACT_DIMENSIONS.filter(({ name, type }) => type === 'varchar' && columnNames(events).includes(name));

/** What stands in place of a column that isn't read, by column. */
type InPlace = ReadonlyMap<string, string>;
const UNREAD: InPlace = new Map(DIMENSIONS.map(({ name }) => [name, 'cast(null as varchar)']));

const BY_IDENTITY: InPlace = new Map([
  ...[...UNREAD].filter(([name]) => name !== 'from_domain' && name !== 'configuration_set'),
  ...['campaign_id', 'journey_id'].map((name): [string, string] => [
    name,
    `case when ${name} is not null then 'any' end`,
  ]),
]);
const NOTHING: InPlace = new Map();

/**
 * Questions about the mail of a filter and the days of a range: of sending in cohort views, of the event in the others.
 * The views of a statement are made part of it, over tables limited to that mail, so each view can be queried for any
 * part of the mail, whatever columns it has.
 */
export const askAbout = (lake: ReportLake, filter: Filter, days?: Days): Ask => ask(lake, filter, days, new Map());

/**
 * The same, for sums over all senders and campaigns, which can't be told apart in the answers. Columns by which nothing
 * is grouped needn't be read, which makes views of millions of mails several times as fast.
 */
export const askInAll = (lake: ReportLake, filter: Filter, days?: Days): Ask => ask(lake, filter, days, UNREAD);

/** The same, for sums by identity, and by whether mail is of a campaign or journey at all. */
export const askByIdentity = (lake: ReportLake, filter: Filter, days?: Days): Ask =>
  ask(lake, filter, days, BY_IDENTITY);

/**
 * The lake with rows of a view kept, where its engine keeps any: for several questions about the mail of a filter and some of
 * these days, each of which would make the view anew.
 */
async function keeping(
  lake: ReportLake,
  filter: Filter,
  days: Days,
  inPlace: InPlace,
  { view, columns, where }: { view: string; columns: readonly string[]; where?: string },
): Promise<ReportLake> {
  const { keep } = lake.engine;
  if (!keep) return lake;
  const select = `select ${columns.join(', ')} from ${view}${where === undefined ? '' : ` where ${where}`}`;
  try {
    const table = await keep(inlineOrdered(select, lake.views, basesOf(lake, filter, days, inPlace)));
    return { ...lake, kept: new Map([...(lake.kept ?? []), [view, { table, columns }]]) };
  } catch {
    // What is too much to be kept each question reads for itself.
    return lake;
  }
}

/** With the mail's ages, by what `askByIdentity` tells apart. */
export const keepHorizons = (lake: ReportLake, filter: Filter, days: Days): Promise<ReportLake> =>
  keeping(lake, filter, days, BY_IDENTITY, {
    view: HORIZONS,
    columns: columnsOf(lake, HORIZONS),
    // Nothing is told of mail at seven days.
    where: 'horizon_hours <= 72',
  });

/** With the events that tell why mail bounced or waits: few, among all that happened. */
export const keepFailures = (lake: ReportLake, filter: Filter, days: Days): Promise<ReportLake> => {
  const named = new Set(FAILURE_VIEWS.flatMap((name) => words(lake, name)));
  return keeping(lake, filter, days, NOTHING, {
    view: 'email_events',
    columns: columnsOf(lake, 'email_events').filter((column) => named.has(column)),
    where: `event_type in (${FAILURES.map(quoteText).join(', ')})`,
  });
};

const HORIZONS = 'deliverability_by_horizon';
const FAILURE_VIEWS = ['bounce_diagnostics', 'delivery_delays_daily'];
const FAILURES = ['hard_bounce', 'soft_bounce', 'undetermined_bounce', 'delivery_delay'];

function ask(lake: ReportLake, filter: Filter, days: Days | undefined, inPlace: InPlace): Ask {
  const { engine, views } = lake;
  const bases = basesOf(lake, filter, days, inPlace);
  return async (sql) => rowsOf(await engine.query(inlineOrdered(sql, views, bases)));
}

/** Selects that stand for tables and views, of the mail that is asked about. */
function basesOf(
  lake: ReportLake,
  filter: Filter,
  days: Days | undefined,
  inPlace: InPlace,
): Readonly<Record<string, string>> {
  const asked = conditionsOf(lake, filter);
  const ofDays = days ? [`dt between '${days.from}' and '${days.to}'`] : [];
  const where = (own: readonly string[]): string => {
    const has = ({ column }: Property) => own.includes(column);
    const conditions = [...ofDays, ...asked.filter(has).map(isValue)];
    // Headers lack columns of their mail: the condition is on that mail.
    const others = asked.filter((one) => !has(one)).map(isValue);
    if (others.length > 0)
      conditions.push(
        `message_id in (select message_id from recipient_messages where ${[...ofDays, ...others].join(' and ')})`,
      );
    return conditionOn(conditions);
  };
  const select = (from: string, own: readonly string[], conditions: string): string => {
    const columns = own.map((column) => (inPlace.has(column) ? `${inPlace.get(column)} as ${column}` : column));
    return `select ${columns.join(', ')} from ${from}${conditions}`;
  };
  const bases = [...BASES, ...(lake.engine.held?.has(FACTS) ? [FACTS] : [])].map((name) => {
    const own = columnsOf(lake, name);
    return [name, select(name, own, where(own))] as const;
  });
  // These are of that mail already.
  const kept = [...(lake.kept ?? [])].map(
    ([name, { table, columns }]) => [name, select(table, columns, conditionOn(ofDays))] as const,
  );
  return Object.fromEntries([...bases, ...kept]);
}

const conditionOn = (conditions: readonly string[]): string =>
  conditions.length > 0 ? ` where ${conditions.join(' and ')}` : '';

const columnsOf = ({ views }: Pick<ReportLake, 'views'>, name: string): readonly string[] =>
  views.find((view) => view.name === name)?.columns.map((column) => column.name) ?? HEADER_COLUMNS;

const words = ({ views }: Pick<ReportLake, 'views'>, name: string): string[] =>
  tokens(views.find((view) => view.name === name)?.sql ?? '').map(({ text }) => text);

const isValue = ({ column, value }: Condition): string => `${column} = ${quoteText(value)}`;
