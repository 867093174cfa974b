/** The question that a visual of a dashboard asks, read from its definition as the service gets it, in Athena's SQL. */
import { at, type Json } from '../graph.ts';

export interface Asked {
  visual: string;
  kind: string;
  dataSet: string;
  sql: string;
  /** every column and calculated field that it uses */
  columns: string[];
}

type JsonObject = Readonly<Record<string, Json>>;

/** @param calculated expressions by data set and name */
export function askedBy(visual: JsonObject, calculated: ReadonlyMap<string, string>): Asked {
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
  const places = fields.flatMap(({ use }, i) => (use === 'group' ? [i + 1] : []));
  const grouped = groups.length > 0 ? ` group by ${places.join(', ')}` : '';
  return {
    visual: String(at(body, 'VisualId')),
    kind,
    dataSet,
    sql: `select ${items.join(', ')} from ${dataSet}${grouped}`,
    columns: fields.map(({ column }) => column),
  };
}

interface Used {
  use: 'group' | 'value' | 'row';
  dataSet: string;
  column: string;
  aggregation: string;
  isDate: boolean;
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
    }));
  });
}

/** `sum({a}) / nullIf(sum({b}), 0)`: QuickSight divides as decimals. */
const inSql = (expression: string): string =>
  expression
    .replace(/\{(\w+)\}/g, '$1')
    .replace(/^sum\(/, 'cast(sum(')
    .replace(/\) \//, ') as double) /');
