/** The kinds of visuals that the dashboard has. A visual of a sheet says what it shows, and no more. */
import type { DataSetName } from './data-sets.ts';
import {
  byDay,
  byWeek,
  columnOf,
  dimension,
  type Field,
  fieldId,
  inWords,
  type JsonObject,
  measure,
  unaggregated,
} from './fields.ts';

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
  /** only rows that have these texts */
  present?: readonly string[];
  /** only rows that a reader asks for; until then there are none */
  asks?: Asks;
}

/** A text that the reader of a sheet gives. */
export interface Asks {
  /** letters and digits */
  parameter: string;
  /** beside the field to write it in */
  title: string;
  /** what must be equal to it */
  column: string;
}

export interface Visual {
  id: string;
  from: DataSetName;
  width: number;
  height: number;
  note: string | null;
  where: readonly string[];
  present: readonly string[];
  asks: Asks | null;
  /** the date by which only weeks are shown that are over; null: all there is */
  wholeWeeksOf: string | null;
  /** QuickSight API, `Visual`, but for the subtitle */
  definition: JsonObject;
}

/** One number with its course: of the last week that is over, beside the week before. */
export const number = (of: Common & { value: Field; day: string }): Visual => ({
  ...visual({ width: 9, height: 6, ...of }, 'KPIVisual', {
    FieldWells: {
      Values: [measure(of.id, of.from, of.value)],
      TrendGroups: [dimension(of.id, of.from, byWeek(of.day))],
    },
    KPIOptions: {
      PrimaryValueDisplayType: 'ACTUAL',
      Comparison: { ComparisonMethod: 'PERCENT_DIFFERENCE' },
      Sparkline: { Visibility: 'VISIBLE', Type: 'LINE' },
    },
  }),
  wholeWeeksOf: of.day,
});

/** Words on an axis. */
const labels = (id: string, from: DataSetName, fields: readonly Field[]): JsonObject => ({
  AxisLabelOptions: fields.map((field) => ({
    CustomLabel: inWords(field.column),
    ApplyTo: { FieldId: fieldId(id, field), Column: columnOf(from, field) },
  })),
});

/** Words above the columns of a table. */
const headings = (id: string, fields: readonly Field[]): JsonObject => ({
  SelectedFieldOptions: fields.map((field) => ({ FieldId: fieldId(id, field), CustomLabel: inWords(field.column) })),
});

interface LinesOf extends Common {
  values: Field[];
  /** a day, a week or a number */
  over: Field;
  each?: Field;
  /** drawn: levels that must not be passed */
  limits?: readonly Limit[];
  /** the axis begins where the data does, for what is always near to all */
  isCutOff?: true;
}

/** Lines over days, weeks or numbers. */
export const lines = (of: LinesOf): Visual =>
  visual(of, 'LineChartVisual', {
    FieldWells: {
      LineChartAggregatedFieldWells: {
        Category: [dimension(of.id, of.from, of.over)],
        Values: of.values.map((field) => measure(of.id, of.from, field)),
        ...(of.each ? { Colors: [dimension(of.id, of.from, of.each)] } : {}),
      },
    },
    Type: 'LINE',
    SortConfiguration: { CategorySort: [{ FieldSort: { FieldId: fieldId(of.id, of.over), Direction: 'ASC' } }] },
    XAxisLabelOptions: labels(of.id, of.from, [of.over]),
    PrimaryYAxisLabelOptions: labels(of.id, of.from, of.values),
    ...(of.isCutOff
      ? {
          PrimaryYAxisDisplayOptions: {
            AxisOptions: { DataOptions: { NumericAxisOptions: { Range: { DataDriven: {} } } } },
          },
        }
      : {}),
    ReferenceLines: (of.limits ?? []).map(({ name, value }) => ({
      Status: 'ENABLED',
      DataConfiguration: { StaticConfiguration: { Value: value }, AxisBinding: 'PRIMARY_YAXIS' },
      LabelConfiguration: { CustomLabelConfiguration: { CustomLabel: name } },
    })),
  });

/** Counts of days, upright, for what is rare or of several kinds: a line would join days with nothing between them. */
export const columns = (of: Common & { values: Field[]; day: string; each?: Field }): Visual => {
  const day = byDay(of.day);
  return visual(of, 'BarChartVisual', {
    ...barsOf(of, day, of.each),
    Orientation: 'VERTICAL',
    BarsArrangement: 'STACKED',
    SortConfiguration: { CategorySort: [{ FieldSort: { FieldId: fieldId(of.id, day), Direction: 'ASC' } }] },
  });
};

const barsOf = (
  { id, from, values }: Pick<Common, 'id' | 'from'> & { values: readonly Field[] },
  category: Field,
  colour?: Field,
): JsonObject => ({
  FieldWells: {
    BarChartAggregatedFieldWells: {
      Category: [dimension(id, from, category)],
      Values: values.map((field) => measure(id, from, field)),
      ...(colour ? { Colors: [dimension(id, from, colour)] } : {}),
    },
  },
  CategoryLabelOptions: labels(id, from, [category]),
  ValueLabelOptions: labels(id, from, values),
});

/** A threshold of the seed. */
export interface Limit {
  name: string;
  value: number;
}

/** The largest first. */
export const bars = (of: Common & { values: Field[]; each: Field; stacked?: Field }): Visual =>
  visual(of, 'BarChartVisual', {
    ...barsOf(of, of.each, of.stacked),
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
    RowLabelOptions: labels(of.id, of.from, [of.rows]),
    ColumnLabelOptions: labels(of.id, of.from, [of.columns]),
  });

/** Groups with their sums and rates; what is largest of the first value, or of the field that is named, comes first. */
export const table = (of: Common & { groups: Field[]; values: Field[]; first?: Field }): Visual =>
  visual({ width: 36, ...of }, 'TableVisual', {
    FieldWells: {
      TableAggregatedFieldWells: {
        GroupBy: of.groups.map((field) => dimension(of.id, of.from, field)),
        Values: of.values.map((field) => measure(of.id, of.from, field)),
      },
    },
    SortConfiguration: {
      RowSort: [
        { FieldSort: { FieldId: firstId(of.id, [...(of.first ? [of.first] : []), ...of.values]), Direction: 'DESC' } },
      ],
    },
    FieldOptions: headings(of.id, [...of.groups, ...of.values]),
  });

/** Rows as the view has them, the newest or the oldest first. */
export const rows = (of: Common & { columns: Field[]; newestFirst?: Field; oldestFirst?: Field }): Visual =>
  visual({ width: 36, ...of }, 'TableVisual', {
    FieldWells: {
      TableUnaggregatedFieldWells: { Values: of.columns.map((field) => unaggregated(of.id, of.from, field)) },
    },
    FieldOptions: headings(of.id, of.columns),
    ...sorted(of.id, of.newestFirst, 'DESC'),
    ...sorted(of.id, of.oldestFirst, 'ASC'),
  });

const sorted = (id: string, field: Field | undefined, Direction: 'ASC' | 'DESC'): JsonObject =>
  field ? { SortConfiguration: { RowSort: [{ FieldSort: { FieldId: fieldId(id, field), Direction } }] } } : {};

function visual(
  { id, title, note, from, width = 18, height = 9, where = [], present = [], asks }: Common,
  kind: string,
  chart: JsonObject,
): Visual {
  return {
    id,
    from,
    width,
    height,
    note: note ?? null,
    where,
    present,
    asks: asks ?? null,
    wholeWeeksOf: null,
    definition: {
      [kind]: {
        VisualId: id,
        Title: { Visibility: 'VISIBLE', FormatText: { PlainText: title } },
        ChartConfiguration: chart,
      },
    },
  };
}

function firstId(visualId: string, [first]: readonly Field[]): string {
  if (!first) throw new Error(`a visual needs a value: ${visualId}`);
  return fieldId(visualId, first);
}
