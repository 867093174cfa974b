/** The question that a visual of a dashboard asks, read from its definition as the service gets it, in Athena's SQL. */
import type { View } from '#lake/sql/views/view.ts';
import { DATA_SET_NAMES } from '../../../stacks/quicksight/data-sets.ts';
import { definitionOf } from '../../../stacks/quicksight/definition.ts';
import { templateOf } from '../../../stacks/quicksight/template.ts';
import { record } from '../../../stacks/spec/places.ts';
import { at, type Json, listAt, textAt } from '../graph.ts';

/** The dashboard's definition, over data sets of an account of the tests. */
export const dashboardOf = (views: readonly View[], persons = true): Json =>
  definitionOf(
    views,
    record(DATA_SET_NAMES, (name) => `arn:aws:quicksight:eu-west-1:123456789012:dataset/${name}`),
    ['team', 'template'],
    persons,
  );

const ARN = 'arn:aws:quicksight:us-east-1:123456789012';

/** The template of a stage `dev` with one owner, one group of viewers and two dimensions. */
export const templateOfTests = (
  views: readonly View[],
  long: { id?: string; name?: string; persons?: boolean } = {},
): Json =>
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
      persons: true,
      ...long,
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
  const only = rowConditionsOf(definition);
  return listAt(definition, 'Sheets')
    .flatMap((sheet) => listAt(sheet, 'Visuals'))
    .map((visual) => askedBy(Object(visual), calculated, only));
}

/** A field as the visual shows it. */
export interface Shown {
  use: 'group' | 'value' | 'row';
  /** what stands above it, or on its axis */
  label: string;
  /** its texts are colours, which a legend names */
  isColour: boolean;
  isDate: boolean;
  format: 'percent' | 'number';
}

export interface Asked {
  visual: string;
  title: string;
  subtitle: string | null;
  /** in the order of the query's columns, f0, f1 and so on */
  shown: Shown[];
  /** the field that is sorted by */
  sortedBy: { at: number; isDescending: boolean } | null;
  /** lines that must not be crossed */
  limits: { name: string; value: number }[];
  isUpright: boolean;
  /** its axis begins where the data does */
  isCutOff: boolean;
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
  const items = fields.map(({ use, column, aggregation, isDate, granularity }, i) => {
    const expression = calculated.get(`${dataSet} ${column}`);
    if (expression !== undefined) return `${inSql(expression)} as f${i}`;
    if (use === 'row' || (use === 'group' && !isDate)) return `${column} as f${i}`;
    if (use === 'group') return `date_trunc('${granularity}', ${column}) as f${i}`;
    return `${aggregation}(${column}) as f${i}`;
  });
  const where = only.get(String(at(body, 'VisualId'))) ?? [];
  const chart = at(body, 'ChartConfiguration');
  const sort = sortOf(chart);
  const places = fields.flatMap(({ use }, i) => (use === 'group' ? [i + 1] : []));
  const grouped = groups.length > 0 ? ` group by ${places.join(', ')}` : '';
  return {
    visual: String(at(body, 'VisualId')),
    title: String(at(body, 'Title', 'FormatText', 'PlainText')),
    subtitle:
      at(body, 'Subtitle', 'FormatText') === undefined ? null : textAt(body, 'Subtitle', 'FormatText', 'PlainText'),
    shown: fields.map(({ id, use, column, isDate, isPercent }) => ({
      use,
      label: labelsIn(chart ?? null).get(id) ?? column,
      isColour: namesColour(wells, id),
      isDate,
      format: isPercent ? 'percent' : 'number',
    })),
    sortedBy: sort && { at: fields.findIndex(({ id }) => id === sort.id), isDescending: sort.isDescending },
    limits: (at(chart, 'ReferenceLines') === undefined ? [] : listAt(chart, 'ReferenceLines')).map((line) => ({
      name: textAt(line, 'LabelConfiguration', 'CustomLabelConfiguration', 'CustomLabel'),
      value: Number(at(line, 'DataConfiguration', 'StaticConfiguration', 'Value')),
    })),
    isUpright: at(chart, 'Orientation') === 'VERTICAL',
    isCutOff: JSON.stringify(chart).includes('"DataDriven"'),
    kind,
    dataSet,
    sql: `select ${items.join(', ')} from ${dataSet}${where.length > 0 ? ` where ${where.join(' and ')}` : ''}${grouped}`,
    columns: fields.map(({ column }) => column),
  };
}

/** Conditions of rows, by the visual that a filter of the definition is for; those of time are left to who looks. */
const rowConditionsOf = (definition: Json): Map<string, string[]> => {
  const only = new Map<string, string[]>();
  for (const group of listAt(definition, 'FilterGroups')) {
    for (const filter of listAt(group, 'Filters')) {
      const [equality, list] = [at(filter, 'NumericEqualityFilter'), at(filter, 'CategoryFilter')];
      const condition =
        equality !== undefined
          ? `cast(${textAt(equality, 'Column', 'ColumnName')} as integer) = 1`
          : at(list, 'Configuration', 'FilterListConfiguration', 'NullOption') === 'NON_NULLS_ONLY'
            ? `${textAt(list, 'Column', 'ColumnName')} is not null`
            : undefined;
      if (condition === undefined) continue;
      const scopes = listAt(group, 'ScopeConfiguration', 'SelectedSheets', 'SheetVisualScopingConfigurations');
      for (const visual of scopes.flatMap((scope) => listAt(scope, 'VisualIds')).map(String))
        only.set(visual, [...(only.get(visual) ?? []), condition]);
    }
  }
  return only;
};

/** What a chart's fields are called, by their ids. */
function labelsIn(json: Json): Map<string, string> {
  if (Array.isArray(json)) return new Map(json.flatMap((one) => [...labelsIn(one)]));
  if (typeof json !== 'object' || json === null) return new Map();
  const [label, id] = [at(json, 'CustomLabel'), at(json, 'FieldId') ?? at(json, 'ApplyTo', 'FieldId')];
  if (typeof label === 'string' && typeof id === 'string') return new Map([[id, label]]);
  return new Map(Object.values(json).flatMap((one) => [...labelsIn(one)]));
}

/** Whether a field is among those that colour. */
const namesColour = (wells: Json, id: string): boolean =>
  Object.values(Object(wells)).some((well) =>
    JSON.stringify(at(well as Json, 'Colors') ?? null).includes(`"FieldId":"${id}"`),
  );

function sortOf(chart: Json | undefined): { id: string; isDescending: boolean } | null {
  const sort = at(chart, 'SortConfiguration', 'RowSort', 0) ?? at(chart, 'SortConfiguration', 'CategorySort', 0);
  if (sort === undefined) return null;
  return { id: textAt(sort, 'FieldSort', 'FieldId'), isDescending: at(sort, 'FieldSort', 'Direction') === 'DESC' };
}

interface Used {
  id: string;
  use: 'group' | 'value' | 'row';
  dataSet: string;
  column: string;
  aggregation: string;
  isDate: boolean;
  granularity: string;
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
      id: textAt(field, 'FieldId'),
      use: /DimensionField$/.test(key) ? 'group' : /MeasureField$/.test(key) ? 'value' : 'row',
      dataSet: String(at(field, 'Column', 'DataSetIdentifier')),
      column: String(at(field, 'Column', 'ColumnName')),
      aggregation: String(at(field, 'AggregationFunction', 'SimpleNumericalAggregation') ?? 'count'),
      isDate: /^Date/.test(key),
      granularity: String(at(field, 'DateGranularity') ?? 'DAY').toLowerCase(),
      isPercent: JSON.stringify(field).includes('"PercentageDisplayFormatConfiguration"'),
    }));
  });
}

/** `ifelse(…, sum({a}) / nullIf(sum({b}), 0), NULL)`: QuickSight divides as decimals, and writes as many as it has rounded to. */
const inSql = (expression: string): string =>
  expression
    .replace(/\{(\w+)\}/g, '$1')
    .replace(/(sum\(\w+\)) \//g, 'cast($1 as double) /')
    .replace(/^ifelse\((.*), (cast.*), NULL\)$/, 'case when $1 then $2 end')
    .replace(/toString\(round\(([^,]*), 1\)\)/g, 'cast(cast($1 as decimal(18, 1)) as varchar)')
    .replace(/toString\((\w+)\)/g, 'cast($1 as varchar)');
