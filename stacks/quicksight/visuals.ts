/** The kinds of visuals that the dashboard has. A visual of a sheet says what it shows, and no more. */
import type { DataSetName } from './data-sets.ts';
import { byDay, dimension, type Field, fieldId, type JsonObject, measure, unaggregated } from './fields.ts';

interface Common {
  /** its own in the dashboard: letters, digits, hyphens */
  id: string;
  /** a question, or what is shown */
  title: string;
  /** how to read it */
  note?: string;
  from: DataSetName;
  /** columns of the grid, of 36; half of the row unless told */
  width?: number;
  /** rows of the grid */
  height?: number;
  /** only rows in which these columns are true */
  where?: readonly string[];
}

export interface Visual {
  id: string;
  from: DataSetName;
  width: number;
  height: number;
  where: readonly string[];
  /** QuickSight API, `Visual` */
  definition: JsonObject;
}

/** One number with its course. */
export const number = (of: Common & { value: Field; day: string }): Visual =>
  visual({ width: 9, height: 6, ...of }, 'KPIVisual', {
    FieldWells: {
      Values: [measure(of.id, of.from, of.value)],
      TrendGroups: [dimension(of.id, of.from, byDay(of.day))],
    },
    KPIOptions: {
      PrimaryValueDisplayType: 'ACTUAL',
      Comparison: { ComparisonMethod: 'PERCENT_DIFFERENCE' },
      Sparkline: { Visibility: 'VISIBLE', Type: 'LINE' },
    },
  });

/** A line over days; a level that must not be passed is drawn. */
export const lines = (of: Common & { values: Field[]; day: string; each?: Field; limits?: readonly Limit[] }): Visual =>
  visual(of, 'LineChartVisual', {
    FieldWells: {
      LineChartAggregatedFieldWells: {
        Category: [dimension(of.id, of.from, byDay(of.day))],
        Values: of.values.map((field) => measure(of.id, of.from, field)),
        ...(of.each ? { Colors: [dimension(of.id, of.from, of.each)] } : {}),
      },
    },
    Type: 'LINE',
    ReferenceLines: (of.limits ?? []).map(({ name, value }) => ({
      Status: 'ENABLED',
      DataConfiguration: { StaticConfiguration: { Value: value }, AxisBinding: 'PRIMARY_YAXIS' },
      LabelConfiguration: { CustomLabelConfiguration: { CustomLabel: name } },
    })),
  });

/** A threshold of the seed. */
export interface Limit {
  name: string;
  value: number;
}

/** The largest first. */
export const bars = (of: Common & { values: Field[]; each: Field; stacked?: Field }): Visual =>
  visual(of, 'BarChartVisual', {
    FieldWells: {
      BarChartAggregatedFieldWells: {
        Category: [dimension(of.id, of.from, of.each)],
        Values: of.values.map((field) => measure(of.id, of.from, field)),
        ...(of.stacked ? { Colors: [dimension(of.id, of.from, of.stacked)] } : {}),
      },
    },
    Orientation: 'HORIZONTAL',
    BarsArrangement: of.stacked ? 'STACKED' : 'CLUSTERED',
    SortConfiguration: {
      CategorySort: [{ FieldSort: { FieldId: firstId(of.id, of.values), Direction: 'DESC' } }],
      CategoryItemsLimit: { ItemsLimit: 20, OtherCategories: 'INCLUDE' },
    },
  });

/** How much at the crossing of two columns. */
export const heat = (of: Common & { rows: Field; columns: Field; value: Field }): Visual =>
  visual(of, 'HeatMapVisual', {
    FieldWells: {
      HeatMapAggregatedFieldWells: {
        Rows: [dimension(of.id, of.from, of.rows)],
        Columns: [dimension(of.id, of.from, of.columns)],
        Values: [measure(of.id, of.from, of.value)],
      },
    },
  });

/** Groups with their sums and rates, by the first value, the largest first. */
export const table = (of: Common & { groups: Field[]; values: Field[] }): Visual =>
  visual({ width: 36, ...of }, 'TableVisual', {
    FieldWells: {
      TableAggregatedFieldWells: {
        GroupBy: of.groups.map((field) => dimension(of.id, of.from, field)),
        Values: of.values.map((field) => measure(of.id, of.from, field)),
      },
    },
    SortConfiguration: { RowSort: [{ FieldSort: { FieldId: firstId(of.id, of.values), Direction: 'DESC' } }] },
  });

/** Rows as the view has them. */
export const rows = (of: Common & { columns: Field[]; newestFirst?: Field }): Visual =>
  visual({ width: 36, ...of }, 'TableVisual', {
    FieldWells: {
      TableUnaggregatedFieldWells: { Values: of.columns.map((field) => unaggregated(of.id, of.from, field)) },
    },
    ...(of.newestFirst
      ? {
          SortConfiguration: {
            RowSort: [{ FieldSort: { FieldId: fieldId(of.id, of.newestFirst), Direction: 'DESC' } }],
          },
        }
      : {}),
  });

function visual(
  { id, title, note, from, width = 18, height = 9, where = [] }: Common,
  kind: string,
  chart: JsonObject,
): Visual {
  return {
    id,
    from,
    width,
    height,
    where,
    definition: {
      [kind]: {
        VisualId: id,
        Title: { Visibility: 'VISIBLE', FormatText: { PlainText: title } },
        Subtitle: note ? { Visibility: 'VISIBLE', FormatText: { PlainText: note } } : { Visibility: 'HIDDEN' },
        ChartConfiguration: chart,
      },
    },
  };
}

function firstId(visualId: string, [first]: readonly Field[]): string {
  if (!first) throw new Error(`a visual needs a value: ${visualId}`);
  return fieldId(visualId, first);
}
