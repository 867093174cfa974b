/** The dashboard's definition: sheets with their layout, calculated fields, filters and controls (QuickSight API, `DashboardVersionDefinition`). */
import { HIDDEN_SHARE, RATES } from '#lake/sql/marts/rates.ts';
import type { View } from '#lake/sql/views/view.ts';
import { type DataSetName, viewsOfDataSets } from './data-sets.ts';
import { inWords, type Json, type JsonObject } from './fields.ts';
import { type Sheet, sheetsOf } from './sheets.ts';
import type { Asks, Visual } from './visuals.ts';

interface Filter {
  id: string;
  title: string;
  column: string;
  kind: 'days' | 'list';
}

interface SheetFilter extends Filter {
  /** where something is of its column */
  on: readonly Sheet[];
}

/** On every sheet whose data has the column. A filter reaches all data sets that have a column of its name. */
const FILTERS: readonly Filter[] = [
  { id: 'send-days', title: 'Days of sending', column: 'send_date', kind: 'days' },
  { id: 'event-days', title: 'Days of events', column: 'event_date', kind: 'days' },
  { id: 'ingest-days', title: 'Days of arrival', column: 'ingest_date', kind: 'days' },
  { id: 'from-domain', title: 'Sending domain', column: 'from_domain', kind: 'list' },
  { id: 'configuration-set', title: 'Configuration set', column: 'configuration_set', kind: 'list' },
  { id: 'campaign', title: 'Campaign', column: 'campaign_id', kind: 'list' },
  { id: 'provider', title: 'Mailbox provider', column: 'mailbox_provider', kind: 'list' },
  { id: 'tenant', title: 'Tenant', column: 'tenant', kind: 'list' },
];

/** One more for each tag that the config makes a dimension, by the tag's own name. */
const filtersWith = (dimensions: readonly string[]): Filter[] => [
  ...FILTERS,
  ...dimensions.map((tag, i): Filter => {
    const number = i + 1;
    return { id: `dimension-${number}`, title: tag, column: `dimension_${number}`, kind: 'list' };
  }),
];

/** Days that a dashboard shows until somebody says otherwise. */
const SHOWN_DAYS = 42;
/** What no message and no address is: until a reader gives one, what is asked for it finds nothing. */
const NOTHING = 'nothing yet';
const COLUMNS = 36;

/**
 * @param views the saved views, with seeds
 * @param arns addresses of the data sets
 * @param dimensions tags that are dimensions, in the config's order
 * @param persons whether single persons and mails may be shown
 */
export function definitionOf(
  views: readonly View[],
  arns: Readonly<Record<DataSetName, Json>>,
  dimensions: readonly string[],
  persons: boolean,
): JsonObject {
  const sheets = sheetsOf(limitsOf(views), persons);
  const ofDataSet = viewsOfDataSets(views, persons);
  const has = (dataSet: DataSetName, column: string): boolean =>
    ofDataSet.get(dataSet)?.columns.some(({ name }) => name === column) ?? false;
  const filters = filtersWith(dimensions).map(
    (filter): SheetFilter => ({ ...filter, on: sheets.filter((sheet) => isOn(sheet, filter, has)) }),
  );
  return {
    DataSetIdentifierDeclarations: [...ofDataSet.keys()].map((Identifier) => ({
      Identifier,
      DataSetArn: arns[Identifier],
    })),
    CalculatedFields: calculatedFields(sheets, ofDataSet),
    ParameterDeclarations: sheets.flatMap(asksOf).map(({ parameter }) => ({
      StringParameterDeclaration: {
        ParameterValueType: 'SINGLE_VALUED',
        Name: parameter,
        DefaultValues: { StaticValues: [NOTHING] },
      },
    })),
    FilterGroups: [...filters.flatMap((filter) => filterGroup(filter, has)), ...sheets.flatMap(rowFilters)],
    Sheets: sheets.map((sheet) =>
      sheetOf(
        sheet,
        filters.filter(({ on }) => on.includes(sheet)),
        has,
      ),
    ),
  };
}

/** The rates that visuals show, of the data sets that they show them of, and what is said of each row in a sentence. */
function calculatedFields(sheets: readonly Sheet[], views: ReadonlyMap<DataSetName, View>): JsonObject[] {
  const made = new Map<string, JsonObject>();
  for (const { from, definition } of sheets.flatMap(({ visuals }) => visuals)) {
    const columns = new Set(views.get(from)?.columns.map((column) => column.name));
    for (const Name of namesIn(definition).filter((name) => !columns.has(name))) {
      const Expression = SENTENCES[Name] ?? expressionOf(rateOfSums(Name, columns));
      made.set(`${from} ${Name}`, { DataSetIdentifier: from, Name, Expression });
    }
  }
  return [...made.values()];
}

const percentOf = (column: string): string => `toString(round(100 * {${column}}, 1)), '%`;

/** Sentences that columns of a row make. */
const SENTENCES: Readonly<Record<string, string>> = {
  'What happened': `concat(replace({metric}, '_', ' '), ' ', ${percentOf('rate')} where ', ${percentOf('expected_rate')} was expected: ', toString({numerator}), ' of ', toString({denominator}))`,
};

interface Sums {
  numerator: string;
  denominator: string;
  isLoose?: boolean;
  isHiddenByProxies?: boolean;
}

/** As the views divide (lake/sql/marts/rates.ts), so that a group of rows says what the view says of one. */
function expressionOf({ numerator, denominator, isLoose = false, isHiddenByProxies = false }: Sums): string {
  const quotient = `sum({${numerator}}) / nullIf(sum({${denominator}}), 0)`;
  const conditions = [
    ...(isLoose ? [`sum({${numerator}}) <= sum({${denominator}})`] : []),
    ...(isHiddenByProxies
      ? [`(sum({unique_opens}) = 0 OR sum({hidden_opens}) < ${HIDDEN_SHARE} * sum({unique_opens}))`]
      : []),
  ];
  return conditions.length === 0 ? quotient : `ifelse(${conditions.join(' AND ')}, ${quotient}, NULL)`;
}

/** A rate of the marts, or a share that a view says beside its counts. @throws Error if the view has neither */
function rateOfSums(name: string, columns: ReadonlySet<string>): Sums {
  const [, [numerator, denominator] = []] = Object.entries(SHARES).find(([share]) => inWords(share) === name) ?? [];
  const share = numerator && denominator ? { numerator, denominator } : undefined;
  const sums: Sums | undefined = RATES.find((one) => inWords(one.name) === name) ?? share;
  if (!sums || ![sums.numerator, sums.denominator].every((column) => columns.has(column)))
    throw new Error(`no sums make this rate: ${name}`);
  return sums;
}

/** Shares of sender_requirements: see the view's header. */
const SHARES: Readonly<Record<string, readonly [string, string]>> = {
  list_unsubscribe_share: ['list_unsubscribe_messages', 'messages'],
  one_click_share: ['one_click_messages', 'messages'],
  message_id_share: ['message_id_messages', 'message_id_visible_messages'],
  feedback_id_share: ['feedback_id_messages', 'messages'],
};

/** Names of the columns and calculated fields that a visual uses. */
function namesIn(json: unknown): string[] {
  if (Array.isArray(json)) return json.flatMap(namesIn);
  if (typeof json !== 'object' || json === null) return [];
  return Object.entries(json).flatMap(([key, value]) => (key === 'ColumnName' ? [String(value)] : namesIn(value)));
}

type Has = (dataSet: DataSetName, column: string) => boolean;

const isOn = ({ visuals }: Sheet, { column }: Filter, has: Has): boolean =>
  visuals.some(({ from, asks }) => has(from, column) && asks === null);

/** One on several sheets is shared by them; one on a single sheet has a control there that says all. */
const isShared = ({ on }: SheetFilter): boolean => on.length > 1;

function filterGroup(filter: SheetFilter, has: Has): JsonObject[] {
  const { on } = filter;
  const dataSet = on.flatMap(({ visuals }) => visuals).find(({ from }) => has(from, filter.column))?.from;
  if (!dataSet) return [];
  const common = {
    FilterId: filter.id,
    Column: { DataSetIdentifier: dataSet, ColumnName: filter.column },
  };
  const shared = (ControlOptions: JsonObject): JsonObject =>
    isShared(filter) ? { DefaultFilterControlConfiguration: { Title: filter.title, ControlOptions } } : {};
  return [
    {
      FilterGroupId: `${filter.id}-group`,
      Status: 'ENABLED',
      CrossDataset: 'ALL_DATASETS',
      ScopeConfiguration: scope(on),
      Filters: [
        filter.kind === 'days'
          ? {
              RelativeDatesFilter: {
                ...common,
                AnchorDateConfiguration: { AnchorOption: 'NOW' },
                TimeGranularity: 'DAY',
                RelativeDateType: 'LAST',
                RelativeDateValue: SHOWN_DAYS,
                NullOption: 'NON_NULLS_ONLY',
                ...shared({ DefaultRelativeDateTimeOptions: {} }),
              },
            }
          : {
              CategoryFilter: {
                ...common,
                Configuration: {
                  FilterListConfiguration: { MatchOperator: 'CONTAINS', SelectAllOptions: 'FILTER_ALL_VALUES' },
                },
                ...shared({ DefaultDropdownOptions: { Type: 'MULTI_SELECT' } }),
              },
            },
      ],
    },
  ];
}

/** Of visuals that show some rows only, whatever the controls say. */
const rowFilters = ({ id: SheetId, visuals }: Sheet): JsonObject[] =>
  visuals.flatMap(({ id, from, where, present, asks, wholeWeeksOf }) => {
    const group = (column: string, filter: (common: JsonObject) => JsonObject): JsonObject => ({
      FilterGroupId: `${id}-${column}-group`,
      Status: 'ENABLED',
      CrossDataset: 'SINGLE_DATASET',
      ScopeConfiguration: {
        SelectedSheets: {
          SheetVisualScopingConfigurations: [{ SheetId, Scope: 'SELECTED_VISUALS', VisualIds: [id] }],
        },
      },
      Filters: [filter({ FilterId: `${id}-${column}`, Column: { DataSetIdentifier: from, ColumnName: column } })],
    });
    return [
      ...where.map((column) =>
        group(column, (common) => ({
          NumericEqualityFilter: { ...common, MatchOperator: 'EQUALS', Value: 1, NullOption: 'NON_NULLS_ONLY' },
        })),
      ),
      ...present.map((column) =>
        group(column, (common) => ({
          CategoryFilter: {
            ...common,
            Configuration: {
              FilterListConfiguration: {
                MatchOperator: 'CONTAINS',
                SelectAllOptions: 'FILTER_ALL_VALUES',
                NullOption: 'NON_NULLS_ONLY',
              },
            },
          },
        })),
      ),
      ...(asks === null
        ? []
        : [
            group(asks.column, (common) => ({
              CategoryFilter: {
                ...common,
                Configuration: {
                  CustomFilterConfiguration: {
                    MatchOperator: 'EQUALS',
                    ParameterName: asks.parameter,
                    NullOption: 'NON_NULLS_ONLY',
                  },
                },
              },
            })),
          ]),
      // The week that is under way would be compared with a whole one.
      ...(wholeWeeksOf === null
        ? []
        : [
            group(wholeWeeksOf, (common) => ({
              RelativeDatesFilter: {
                ...common,
                AnchorDateConfiguration: { AnchorOption: 'NOW' },
                TimeGranularity: 'WEEK',
                RelativeDateType: 'LAST',
                RelativeDateValue: SHOWN_DAYS / 7 + 1,
                ExcludePeriodConfiguration: { Amount: 1, Granularity: 'WEEK', Status: 'ENABLED' },
                NullOption: 'NON_NULLS_ONLY',
              },
            })),
          ]),
    ];
  });

/** What readers of a sheet give. */
const asksOf = ({ visuals }: Sheet): Asks[] => visuals.flatMap(({ asks }) => asks ?? []);

const scope = (sheets: readonly Sheet[]): JsonObject => ({
  SelectedSheets: {
    SheetVisualScopingConfigurations: sheets.map(({ id }) => ({ SheetId: id, Scope: 'ALL_VISUALS' })),
  },
});

/** @param filters those of the sheet */
function sheetOf(sheet: Sheet, filters: readonly SheetFilter[], has: Has): JsonObject {
  const { id, name, about, visuals } = sheet;
  const asks = asksOf(sheet);
  const controlOf = ({ parameter }: Asks): string => `${id}-${parameter.toLowerCase()}`;
  const controls = [
    ...filters.map((filter) => ({ id: `${id}-${filter.id}`, type: 'FILTER_CONTROL' })),
    ...asks.map((one) => ({ id: controlOf(one), type: 'PARAMETER_CONTROL' })),
  ];
  return {
    SheetId: id,
    Name: name,
    Description: about,
    ContentType: 'INTERACTIVE',
    FilterControls: filters.map((filter): JsonObject => {
      const common = { FilterControlId: `${id}-${filter.id}`, SourceFilterId: filter.id };
      if (isShared(filter)) return { CrossSheet: common };
      const own = { ...common, Title: filter.title };
      return filter.kind === 'days' ? { RelativeDateTime: own } : { Dropdown: { ...own, Type: 'MULTI_SELECT' } };
    }),
    ...(asks.length > 0
      ? {
          ParameterControls: asks.map((one) => ({
            TextField: { ParameterControlId: controlOf(one), Title: one.title, SourceParameterName: one.parameter },
          })),
        }
      : {}),
    Visuals: visuals.map((one) => withNote(one, filters, has)),
    Layouts: [{ Configuration: { GridLayout: { Elements: placed(visuals) } } }],
    SheetControlLayouts: [
      {
        Configuration: {
          GridLayout: {
            Elements: controls.map((control, i) => ({
              ElementId: control.id,
              ElementType: control.type,
              ColumnSpan: CONTROL_WIDTH,
              RowSpan: 1,
              ColumnIndex: (i * CONTROL_WIDTH) % COLUMNS,
              RowIndex: Math.floor((i * CONTROL_WIDTH) / COLUMNS),
            })),
          },
        },
      },
    ],
  };
}

const CONTROL_WIDTH = 6;

/** What to know in reading a visual, and that the sheet's controls of days don't reach it, where its view has no such day. */
function withNote({ definition, from, note }: Visual, filters: readonly Filter[], has: Has): JsonObject {
  const days = filters.filter(({ kind }) => kind === 'days');
  const isOfAllDays = days.length > 0 && !days.some(({ column }) => has(from, column));
  const notes = [...(note === null ? [] : [note]), ...(isOfAllDays ? ['Whatever days are chosen'] : [])];
  const Subtitle: JsonObject =
    notes.length > 0
      ? { Visibility: 'VISIBLE', FormatText: { PlainText: notes.join('. ') } }
      : { Visibility: 'HIDDEN' };
  return Object.fromEntries(Object.entries(definition).map(([kind, body]) => [kind, { ...Object(body), Subtitle }]));
}

/** From left to right, and below when a row is full; a row is as high as its highest visual. */
function placed(visuals: readonly Visual[]): JsonObject[] {
  const elements: JsonObject[] = [];
  let [column, row, height] = [0, 0, 0];
  for (const visual of visuals) {
    if (column + visual.width > COLUMNS) [column, row, height] = [0, row + height, 0];
    elements.push({
      ElementId: visual.id,
      ElementType: 'VISUAL',
      ColumnIndex: column,
      ColumnSpan: visual.width,
      RowIndex: row,
      RowSpan: visual.height,
    });
    column += visual.width;
    height = Math.max(height, visual.height);
  }
  return elements;
}

/** Thresholds by name, from the seed. */
function limitsOf(views: readonly View[]): ReadonlyMap<string, number> {
  const seed = views.find(({ name }) => name === 'seed_thresholds')?.rows ?? [];
  return new Map(seed.map(({ name = '', value }) => [name, Number(value)]));
}
