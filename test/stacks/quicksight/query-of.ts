/** The question that a visual of a dashboard asks, read from its definition as the service gets it, in Athena's SQL. */
import type { View } from '#lake/sql/views/view.ts';
import { DATA_SET_NAMES } from '../../../stacks/quicksight/data-sets.ts';
import { definitionOf } from '../../../stacks/quicksight/definition.ts';
import { templateOf } from '../../../stacks/quicksight/template.ts';
import { record } from '../../../stacks/spec/places.ts';
import { at, type Json, listAt, textAt } from '../graph.ts';

/** The dashboard's definition, over data sets of an account of the tests. */
export const dashboardOf = (views: readonly View[]): Json =>
  definitionOf(
    views,
    record(DATA_SET_NAMES, (name) => `arn:aws:quicksight:eu-west-1:123456789012:dataset/${name}`),
    ['team', 'template'],
  );

const ARN = 'arn:aws:quicksight:us-east-1:123456789012';

/** The template of a stage `dev` with one owner, one group of viewers and two dimensions. */
export const templateOfTests = (views: readonly View[]): Json =>
  templateOf(
    {
      account: '123456789012',
      id: 'maillake-dev',
      name: 'maillake dev',
      database: 'maillake_dev',
      workgroup: 'maillake-dev-dashboards',
      roleArn: 'arn:aws:iam::123456789012:role/maillake-dev-eu-west-1-dashboards',
      viewers: [`${ARN}:group/default/mail`],
      owners: [`${ARN}:user/default/ann`],
      dimensions: ['team', 'template'],
    },
    views,
  );

/** Expressions by data set and name. */
export const calculatedFieldsOf = (definition: Json): Map<string, string> =>
  new Map(
    listAt(definition, 'CalculatedFields').map((field) => [
      `${textAt(field, 'DataSetIdentifier')} ${textAt(field, 'Name')}`,
      textAt(field, 'Expression'),
    ]),
  );

/** What each visual asks, sheet by sheet. */
export function questionsOfVisuals(definition: Json): Asked[] {
  const calculated = calculatedFieldsOf(definition);
  const only = rowFiltersOf(definition);
  return listAt(definition, 'Sheets')
    .flatMap((sheet) => listAt(sheet, 'Visuals'))
    .map((visual) => askedBy(Object(visual), calculated, only));
}

/** A field as the visual shows it. */
export interface Shown {
  use: 'group' | 'value' | 'row';
  column: string;
  isDate: boolean;
  format: 'percent' | 'number';
}

export interface Asked {
  visual: string;
  title: string;
  subtitle: string | null;
  /** in the order of the query's columns, f0, f1 and so on */
  shown: Shown[];
  /** where lines are drawn that must not be crossed */
  limits: number[];
  kind: string;
  dataSet: string;
  sql: string;
  /** every column and calculated field that it uses */
  columns: string[];
}

type JsonObject = Readonly<Record<string, Json>>;

/** @param calculated expressions by data set and name */
export function askedBy(
  visual: JsonObject,
  calculated: ReadonlyMap<string, string>,
  only: ReadonlyMap<string, readonly string[]> = new Map(),
): Asked {
  const [[kind, body] = []] = Object.entries(visual);
  if (kind === undefined || body === undefined) throw new Error('a visual without a kind');
  const wells = at(body, 'ChartConfiguration', 'FieldWells');
  const fields = fieldsIn(wells);
  const [first] = fields;
  if (!first) throw new Error(`a visual without fields: ${kind}`);
  const dataSet = first.dataSet;
  const groups = fields.filter(({ use }) => use === 'group');
  const items = fields.map(({ use, column, aggregation, isDate }, i) => {
    const expression = calculated.get(`${dataSet} ${column}`);
    if (expression !== undefined) return `${inSql(expression)} as f${i}`;
    if (use === 'row' || (use === 'group' && !isDate)) return `${column} as f${i}`;
    if (use === 'group') return `date_trunc('day', ${column}) as f${i}`;
    return `${aggregation}(${column}) as f${i}`;
  });
  const where = (only.get(String(at(body, 'VisualId'))) ?? []).map((column) => `cast(${column} as integer) = 1`);
  const places = fields.flatMap(({ use }, i) => (use === 'group' ? [i + 1] : []));
  const grouped = groups.length > 0 ? ` group by ${places.join(', ')}` : '';
  return {
    visual: String(at(body, 'VisualId')),
    title: String(at(body, 'Title', 'FormatText', 'PlainText')),
    subtitle:
      at(body, 'Subtitle', 'FormatText') === undefined ? null : textAt(body, 'Subtitle', 'FormatText', 'PlainText'),
    shown: fields.map(({ use, column, isDate, isPercent }) => ({
      use,
      column: column.replace(/ \(of sums\)$/, ''),
      isDate,
      format: isPercent ? 'percent' : 'number',
    })),
    limits: Array.from(JSON.stringify(body).matchAll(/"StaticConfiguration":\{"Value":([\d.]+)\}/g), ([, value]) =>
      Number(value),
    ),
    kind,
    dataSet,
    sql: `select ${items.join(', ')} from ${dataSet}${where.length > 0 ? ` where ${where.join(' and ')}` : ''}${grouped}`,
    columns: fields.map(({ column }) => column),
  };
}

/** Columns that must be 1, by the visual that a filter of the definition is for. */
const rowFiltersOf = (definition: Json): Map<string, string[]> => {
  const only = new Map<string, string[]>();
  for (const group of listAt(definition, 'FilterGroups')) {
    for (const filter of listAt(group, 'Filters')) {
      const equality = at(filter, 'NumericEqualityFilter');
      if (equality === undefined) continue;
      const scopes = listAt(group, 'ScopeConfiguration', 'SelectedSheets', 'SheetVisualScopingConfigurations');
      for (const visual of scopes.flatMap((scope) => listAt(scope, 'VisualIds')).map(String))
        only.set(visual, [...(only.get(visual) ?? []), textAt(equality, 'Column', 'ColumnName')]);
    }
  }
  return only;
};

interface Used {
  use: 'group' | 'value' | 'row';
  dataSet: string;
  column: string;
  aggregation: string;
  isDate: boolean;
  isPercent: boolean;
}

function fieldsIn(json: Json): Used[] {
  if (Array.isArray(json)) return json.flatMap(fieldsIn);
  if (typeof json !== 'object' || json === null) return [];
  return Object.entries(json).flatMap(([key, value]) => {
    if (!/Field$/.test(key) && !(key === 'Values' && Array.isArray(value) && at(value, 0, 'FieldId') !== undefined)) {
      return fieldsIn(value);
    }
    const all = Array.isArray(value) ? value : [value];
    return all.map((field) => ({
      use: /DimensionField$/.test(key) ? 'group' : /MeasureField$/.test(key) ? 'value' : 'row',
      dataSet: String(at(field, 'Column', 'DataSetIdentifier')),
      column: String(at(field, 'Column', 'ColumnName')),
      aggregation: String(at(field, 'AggregationFunction', 'SimpleNumericalAggregation') ?? 'count'),
      isDate: /^Date/.test(key),
      isPercent: JSON.stringify(field).includes('"PercentageDisplayFormatConfiguration"'),
    }));
  });
}

/** `ifelse(…, sum({a}) / nullIf(sum({b}), 0), NULL)`: QuickSight divides as decimals. */
const inSql = (expression: string): string =>
  expression
    .replace(/\{(\w+)\}/g, '$1')
    .replace(/(sum\(\w+\)) \//g, 'cast($1 as double) /')
    .replace(/^ifelse\((.*), (cast.*), NULL\)$/, 'case when $1 then $2 end');
