/**
 * The data sets of the dashboard: one a view. QuickSight knows few types, and reads flat columns only, which is all that views
 * have. They lie in SPICE, its memory: a query straight to Athena for each click would pay 10 MB each time.
 *
 * What is one row a person is not among them, so that no address gets into SPICE. Where the config lets persons be shown, one mail
 * is asked for straight from Athena, by a parameter that must be given.
 */
import type { View, ViewColumn } from '#lake/sql/views/view.ts';
import { withoutPersons } from '#lake/sql/without-persons.ts';

/** Views by what they serve; the name is the data set's identifier in the dashboard, too. */
export const DATA_SETS = {
  reputation_status: 'SPICE',
  deliverability_facts: 'SPICE',
  deliverability_anomalies: 'SPICE',
  bounce_diagnostics: 'SPICE',
  delivery_latency_daily: 'SPICE',
  delivery_delays_daily: 'SPICE',
  treatment_comparison: 'SPICE',
  link_performance: 'SPICE',
  time_to_engage: 'SPICE',
  engagement_by_hour: 'SPICE',
  client_usage_daily: 'SPICE',
  sender_requirements: 'SPICE',
  complaints_daily: 'SPICE',
  unsubscribes_daily: 'SPICE',
  message_timeline: 'DIRECT_QUERY',
  data_quality_daily: 'SPICE',
  data_freshness: 'SPICE',
  event_volume_daily: 'SPICE',
} as const satisfies Readonly<Record<string, 'SPICE' | 'DIRECT_QUERY'>>;

export type DataSetName = keyof typeof DATA_SETS;
export const DATA_SET_NAMES: readonly DataSetName[] = Object.keys(DATA_SETS).filter(isDataSet);

/** Those that are read anew by themselves. */
export const IN_MEMORY: readonly DataSetName[] = DATA_SET_NAMES.filter((name) => DATA_SETS[name] === 'SPICE');

/** The last part of a data set's id, after the dashboard's. */
export const dataSetPart = (name: DataSetName): string => name.replaceAll('_', '-');
export const dataSetId = (id: string, name: DataSetName): string => `${id}-${dataSetPart(name)}`;

export function isDataSet(name: string): name is DataSetName {
  return Object.hasOwn(DATA_SETS, name);
}

/** How a column is used: counted up, grouped by, or a point in time. */
export type Kind = 'number' | 'text' | 'date';

interface ColumnKind {
  /** QuickSight API, `InputColumn.Type` */
  type: 'INTEGER' | 'DECIMAL' | 'STRING' | 'DATETIME' | 'BIT';
  kind: Kind;
}

/** By the type in the view's header. */
const KINDS: Readonly<Record<string, ColumnKind>> = {
  bigint: { type: 'INTEGER', kind: 'number' },
  integer: { type: 'INTEGER', kind: 'number' },
  double: { type: 'DECIMAL', kind: 'number' },
  varchar: { type: 'STRING', kind: 'text' },
  date: { type: 'DATETIME', kind: 'date' },
  'timestamp(3)': { type: 'DATETIME', kind: 'date' },
  // Becomes 0 or 1: QuickSight has no booleans to group by.
  boolean: { type: 'BIT', kind: 'number' },
};

/** @throws Error for a type that no view may have */
export function kindOf({ name, type }: Pick<ViewColumn, 'name' | 'type'>): ColumnKind {
  const kind = KINDS[type];
  if (!kind) throw new Error(`QuickSight has no such type: ${type} (column: ${name})`);
  return kind;
}

/**
 * The view of each data set. Without persons only those that tell of none, and of them the columns that can hold nothing of one.
 * @throws Error for one that is no view
 */
export function viewsOfDataSets(views: readonly View[], persons: boolean): ReadonlyMap<DataSetName, View> {
  const found = DATA_SET_NAMES.map((name): [DataSetName, View] => {
    const view = views.find((one) => one.name === name);
    if (!view) throw new Error(`no such view, so no data set: ${name}`);
    return [name, view];
  });
  if (persons) return new Map(found);
  return new Map(
    found.flatMap(([name, view]): [DataSetName, View][] => {
      const open = withoutPersons(view);
      return open ? [[name, open]] : [];
    }),
  );
}
