/** Fields of visuals: what is counted, and by what. In QuickSight's own words (QuickSight API, "Data types"). */
import type { DataSetName, Kind } from './data-sets.ts';

export type Json = string | number | boolean | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** How numbers are written. Rates have three digits: a complaint rate of 0.12 % must not read 0 %. */
export type Format = 'count' | 'percent' | 'seconds' | 'plain';

/** A column, or a calculated field of the data set, as a visual uses it. */
export interface Field {
  column: string;
  kind: Kind;
  /** `none`: the expression of a calculated field is a sum already */
  aggregation: 'SUM' | 'MAX' | 'MIN' | 'AVERAGE' | 'none' | 'group';
  format: Format;
}

export const sum = (column: string): Field => ({ column, kind: 'number', aggregation: 'SUM', format: 'count' });
export const max = (column: string, format: Format = 'count'): Field => ({
  column,
  kind: 'number',
  aggregation: 'MAX',
  format,
});
/** A calculated field must not have a column's name. */
export const calculatedName = (rate: string): string => `${rate} (of sums)`;

/** A rate: a calculated field that divides two sums (definition.ts). */
export const rate = (name: string): Field => ({
  column: calculatedName(name),
  kind: 'number',
  aggregation: 'none',
  format: 'percent',
});
export const by = (column: string): Field => ({ column, kind: 'text', aggregation: 'group', format: 'plain' });
export const byNumber = (column: string): Field => ({ column, kind: 'number', aggregation: 'group', format: 'plain' });
/** A count of rows that are shown as they are. */
export const asCount = (column: string): Field => ({ ...byNumber(column), format: 'count' });
/** A rate that the view itself says, of rows that are shown as they are. */
export const asRate = (column: string): Field => ({ ...byNumber(column), format: 'percent' });
export const byDay = (column: string): Field => ({ column, kind: 'date', aggregation: 'group', format: 'plain' });

/** Ids of fields are unique in a dashboard. */
export const fieldId = (visual: string, { column, aggregation }: Field): string =>
  `${visual}-${column}-${aggregation}`.replace(/\W+|_/g, '-').toLowerCase();

const columnOf = (dataSet: DataSetName, { column }: Field): JsonObject => ({
  DataSetIdentifier: dataSet,
  ColumnName: column,
});

export function dimension(visual: string, dataSet: DataSetName, field: Field): JsonObject {
  const common = { FieldId: fieldId(visual, field), Column: columnOf(dataSet, field) };
  if (field.kind === 'date') return { DateDimensionField: { ...common, DateGranularity: 'DAY' } };
  return field.kind === 'number' ? { NumericalDimensionField: common } : { CategoricalDimensionField: common };
}

export function measure(visual: string, dataSet: DataSetName, field: Field): JsonObject {
  const { aggregation, format, kind } = field;
  const common = { FieldId: fieldId(visual, field), Column: columnOf(dataSet, field) };
  if (kind === 'text') return { CategoricalMeasureField: { ...common, AggregationFunction: 'COUNT' } };
  if (kind === 'date') {
    return { DateMeasureField: { ...common, AggregationFunction: aggregation === 'MIN' ? 'MIN' : 'MAX' } };
  }
  return {
    NumericalMeasureField: {
      ...common,
      ...(aggregation === 'none' ? {} : { AggregationFunction: { SimpleNumericalAggregation: aggregation } }),
      FormatConfiguration: { FormatConfiguration: FORMATS[format] },
    },
  };
}

export const unaggregated = (visual: string, dataSet: DataSetName, field: Field): JsonObject => ({
  FieldId: fieldId(visual, field),
  Column: columnOf(dataSet, field),
  ...(field.kind === 'number'
    ? { FormatConfiguration: { NumberFormatConfiguration: { FormatConfiguration: FORMATS[field.format] } } }
    : {}),
});

const decimals = (places: number): JsonObject => ({ DecimalPlacesConfiguration: { DecimalPlaces: places } });

const FORMATS: Readonly<Record<Format, JsonObject>> = {
  count: {
    NumberDisplayFormatConfiguration: {
      ...decimals(0),
      SeparatorConfiguration: { ThousandsSeparator: { Symbol: 'COMMA', Visibility: 'VISIBLE' } },
    },
  },
  percent: { PercentageDisplayFormatConfiguration: decimals(3) },
  seconds: { NumberDisplayFormatConfiguration: { ...decimals(1), Suffix: ' s' } },
  plain: { NumberDisplayFormatConfiguration: decimals(2) },
};
