/** Fields of visuals: what is counted, and by what. In QuickSight's own words (QuickSight API, "Data types"). */
import type { DataSetName, Kind } from './data-sets.ts';

export type Json = string | number | boolean | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** How numbers are written. Rates have two decimals: a complaint rate of 0.12 % must not read 0 %. */
export type Format = 'count' | 'percent' | 'seconds' | 'plain';

/** A column, or a calculated field of the data set, as a visual uses it. */
export interface Field {
  column: string;
  kind: Kind;
  /** `none`: the expression of a calculated field is a sum already */
  aggregation: 'SUM' | 'MAX' | 'MIN' | 'AVERAGE' | 'none' | 'group';
  format: Format;
  /** of a date; a day unless told */
  per?: 'DAY' | 'WEEK';
}

/** A column's name as people read it, on axes and above columns of tables: the dictionary's own. */
export const inWords = (column: string): string => {
  const words = column.replace(/^is_/, '').replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
};

export const sum = (column: string): Field => ({ column, kind: 'number', aggregation: 'SUM', format: 'count' });
export const max = (column: string, format: Format = 'count'): Field => ({
  column,
  kind: 'number',
  aggregation: 'MAX',
  format,
});
/** A rate: a calculated field that divides two sums (definition.ts). It must not have a column's name, so it has its words. */
export const rate = (name: string): Field => ({
  column: inWords(name),
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
export const byWeek = (column: string): Field => ({ ...byDay(column), per: 'WEEK' });
/** What a calculated field says of each row (definition.ts, `SENTENCES`). */
export const inSentence = (name: string): Field => by(name);
export const byDay = (column: string): Field => ({ column, kind: 'date', aggregation: 'group', format: 'plain' });

/** Ids of fields are unique in a dashboard. */
export const fieldId = (visual: string, { column, aggregation }: Field): string =>
  `${visual}-${column}-${aggregation}`.replace(/\W+|_/g, '-').toLowerCase();

export const columnOf = (dataSet: DataSetName, { column }: Field): JsonObject => ({
  DataSetIdentifier: dataSet,
  ColumnName: column,
});

export function dimension(visual: string, dataSet: DataSetName, field: Field): JsonObject {
  const common = { FieldId: fieldId(visual, field), Column: columnOf(dataSet, field) };
  if (field.kind === 'date') return { DateDimensionField: { ...common, DateGranularity: field.per ?? 'DAY' } };
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
  percent: { PercentageDisplayFormatConfiguration: decimals(2) },
  seconds: { NumberDisplayFormatConfiguration: { ...decimals(1), Suffix: ' s' } },
  plain: { NumberDisplayFormatConfiguration: decimals(2) },
};
