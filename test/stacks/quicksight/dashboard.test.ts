import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { headlines } from '#cli/commands/headlines.ts';
import { loadSql } from '#host/sql-folder.ts';
import { clicks, events, headers } from '#lake/tables/index.ts';
import { PERSON_COLUMNS } from '#lake/tables/persons.ts';
import { RATES, rateOf } from '#report/measures.ts';
import { type Row, rowsOf } from '#report/rows.ts';
import { loadBounceReasons } from '#report/sections/bounces.ts';
import { loadCampaigns } from '#report/sections/campaigns.ts';
import { loadIdentities } from '#report/sections/identities.ts';
import { DATA_SET_NAMES, kindOf, viewsOfDataSets } from '../../../stacks/quicksight/data-sets.ts';
import { generatedLakes } from '../../sql/generated-lake.ts';
import type { LakeFixture } from '../../sql/lake-fixture.ts';
import { at, type Json, listAt, textAt } from '../graph.ts';
import { complaintsAbout } from '../service-models.ts';
import {
  askedBy,
  calculatedFieldsOf,
  dashboardOf,
  questionsOfVisuals,
  type Shown,
  templateOfTests,
} from './query-of.ts';

const { views } = await loadSql('sql');
const definition = dashboardOf(views);
const sheets = listAt(definition, 'Sheets');
const calculated = calculatedFieldsOf(definition);
const visuals = questionsOfVisuals(definition);

const ARN = 'arn:aws:quicksight:us-east-1:123456789012';
const template = templateOfTests(views);
const resources = Object.entries(Object(at(template, 'Resources')) as Record<string, Json>);

describe('the template', () => {
  const REQUESTS: Readonly<Record<string, string>> = {
    'AWS::QuickSight::DataSource': 'CreateDataSource',
    'AWS::QuickSight::DataSet': 'CreateDataSet',
    'AWS::QuickSight::RefreshSchedule': 'CreateRefreshSchedule',
    'AWS::QuickSight::Theme': 'CreateTheme',
    'AWS::QuickSight::Dashboard': 'CreateDashboard',
  };
  /** CloudFormation's own. */
  const withoutOwn = ({ IngestionWaitPolicy: _, ...properties }: Record<string, Json>): Record<string, Json> =>
    properties;
  /** What CloudFormation puts in place of a reference; it spells one member in its own way. */
  const resolved = (json: Json): Json => {
    if (Array.isArray(json)) return json.map(resolved);
    if (typeof json !== 'object' || json === null) return json;
    if ('Fn::GetAtt' in json) return `${ARN}:dataset/${textAt(json, 'Fn::GetAtt', 0)}`;
    return Object.fromEntries(
      Object.entries(json).map(([key, value]) => [key === 'TimeZone' ? 'Timezone' : key, resolved(value)]),
    );
  };

  test.each([
    ['', {}],
    [', also of the longest names', { id: 'i'.repeat(128), name: 'n'.repeat(200) }],
    [', also without persons', { persons: false }],
  ])('is what the service’s own model takes: members, lengths, patterns, enums%s', (_, long) => {
    const all = Object.values(Object(at(templateOfTests(views, long), 'Resources'))) as Json[];
    expect(all.length).toBeGreaterThan(30);
    const complaints = all.flatMap((resource) => {
      const operation = REQUESTS[textAt(resource, 'Type')] ?? '';
      const input = withoutOwn(Object(resolved(at(resource, 'Properties'))));
      return complaintsAbout({ service: 'quicksight', operation, input });
    });
    expect(complaints).toEqual([]);
  });

  test('points at resources that it has, and has ids of one stage only', () => {
    const names = new Set(resources.map(([name]) => name));
    const pointedAt = [...JSON.stringify(template).matchAll(/"Fn::GetAtt":\["(\w+)"/g)].map(([, name]) => name);
    expect(pointedAt.filter((name) => !names.has(name ?? ''))).toEqual([]);
    const ids = [...JSON.stringify(template).matchAll(/"(?:DataSourceId|DataSetId|DashboardId)":"([^"]+)"/g)];
    expect(ids.filter(([, id = '']) => !id.startsWith('maillake-dev-'))).toEqual([]);
  });

  test('has data sets with the columns of their views, each of the kind that holds its values', () => {
    const TYPES: Readonly<Record<string, string>> = {
      bigint: 'INTEGER',
      integer: 'INTEGER',
      double: 'DECIMAL',
      varchar: 'STRING',
      date: 'DATETIME',
      'timestamp(3)': 'DATETIME',
      boolean: 'BIT',
    };
    const sets = resources.flatMap(([, resource]) =>
      textAt(resource, 'Type') === 'AWS::QuickSight::DataSet'
        ? [at(resource, 'Properties', 'PhysicalTableMap', 'view', 'RelationalTable')]
        : [],
    );
    expect(sets).toHaveLength(DATA_SET_NAMES.length);
    for (const set of sets) {
      const view = views.find(({ name }) => name === textAt(set, 'Name'));
      expect(at(set, 'InputColumns')).toEqual(
        view?.columns.map(({ name, type }) => ({ Name: name, Type: TYPES[type] })),
      );
    }
  });

  test('fits into what CloudFormation takes from S3', () => {
    expect(Buffer.byteLength(JSON.stringify(template))).toBeLessThan(1_000_000);
  });
});

describe('without persons, as it is unless the config says otherwise', () => {
  const without = templateOfTests(views, { persons: false });
  const properties = (type: string): Json[] =>
    (Object.values(Object(at(without, 'Resources'))) as Json[])
      .filter((resource) => at(resource, 'Type') === `AWS::QuickSight::${type}`)
      .map((resource) => at(resource, 'Properties'));
  const tables = properties('DataSet').map((set) => at(set, 'PhysicalTableMap', 'view', 'RelationalTable'));

  test('no data set has a column that holds anything of a person, or may: by the columns’ own declarations', () => {
    const columns = tables.flatMap((table) =>
      listAt(table, 'InputColumns').map((column) => `${textAt(table, 'Name')}.${textAt(column, 'Name')}`),
    );
    expect(columns.length).toBeGreaterThan(200);
    expect(columns.filter((column) => PERSON_COLUMNS.has(column.split('.')[1] ?? ''))).toEqual([]);
    const gone = DATA_SET_NAMES.filter((name) => !tables.some((table) => textAt(table, 'Name') === name));
    expect(gone).toEqual(['message_timeline']);
    // With persons there are such columns: the check finds what is there.
    const all = [...viewsOfDataSets(views, true).values()].flatMap((view) => view.columns.map(({ name }) => name));
    expect(all.filter((name) => PERSON_COLUMNS.has(name)).length).toBeGreaterThan(5);
  });

  test('nobody may use the data source, by which any table that its role reads could be asked for', () => {
    expect(properties('DataSource').map((source) => at(source, 'Permissions'))).toEqual([undefined]);
    const [withPersons] = resources.filter(([name]) => name === 'DataSource');
    expect(JSON.stringify(withPersons)).toContain('PassDataSource');
    expect(JSON.stringify(without)).not.toContain('PassDataSource');
  });

  test('every visual asks for columns that its data set has, and nobody is asked for a person', () => {
    const made = dashboardOf(views, false);
    const has = new Map(
      tables.map((table) => [
        textAt(table, 'Name'),
        new Set(listAt(table, 'InputColumns').map((one) => textAt(one, 'Name'))),
      ]),
    );
    for (const field of listAt(made, 'CalculatedFields')) {
      has.get(textAt(field, 'DataSetIdentifier'))?.add(textAt(field, 'Name'));
    }
    const used = [...JSON.stringify(made).matchAll(/"DataSetIdentifier":"(\w+)","ColumnName":"([^"]+)"/g)];
    expect(used.length).toBeGreaterThan(100);
    expect(used.filter(([, set = '', column = '']) => !has.get(set)?.has(column)).map(([text]) => text)).toEqual([]);
    expect(listAt(made, 'ParameterDeclarations')).toEqual([]);
    expect(listAt(made, 'Sheets')).toHaveLength(sheets.length - 1);
  });
});

describe('the definition', () => {
  const columnsOf = new Map(
    [...viewsOfDataSets(views, true)].map(([name, { columns }]) => [
      name as string,
      new Map(columns.map((one) => [one.name, kindOf(one)])),
    ]),
  );

  test('every visual, filter and calculated field uses columns that its view has', () => {
    const unknown = visuals.flatMap(({ visual, dataSet, columns }) =>
      columns
        .filter((column) => !columnsOf.get(dataSet)?.has(column) && !calculated.has(`${dataSet} ${column}`))
        .map((column) => `${visual}: ${dataSet}.${column}`),
    );
    expect(unknown).toEqual([]);
    const filters = listAt(definition, 'FilterGroups').flatMap((group) => listAt(group, 'Filters'));
    for (const filter of filters) {
      const [[, body] = []] = Object.entries(Object(filter));
      expect(
        columnsOf
          .get(textAt(body as Json, 'Column', 'DataSetIdentifier'))
          ?.has(textAt(body as Json, 'Column', 'ColumnName')),
      ).toBe(true);
    }
    for (const [name, expression] of calculated) {
      const [dataSet = ''] = name.split(' ');
      for (const [, column = ''] of expression.matchAll(/\{(\w+)\}/g))
        expect(columnsOf.get(dataSet)?.has(column)).toBe(true);
    }
  });

  test('a calculated field has no column’s name', () => {
    for (const name of calculated.keys()) {
      const [dataSet = '', ...field] = name.split(' ');
      expect(columnsOf.get(dataSet)?.has(field.join(' '))).toBe(false);
    }
  });

  test('ids are unique, and every visual and control has one place, which no other has', () => {
    const ids = visuals.map(({ visual }) => visual);
    expect(new Set(ids).size).toBe(ids.length);
    for (const sheet of sheets) {
      for (const [layout, wanted] of [
        ['Layouts', listAt(sheet, 'Visuals').map((visual) => askedBy(Object(visual), calculated).visual)],
        ['SheetControlLayouts', controlsOf(sheet)],
      ] as const) {
        const elements = listAt(sheet, layout, 0, 'Configuration', 'GridLayout', 'Elements');
        expect(elements.map((element) => textAt(element, 'ElementId'))).toEqual(wanted);
        const cells = elements.flatMap(cellsOf);
        expect(new Set(cells).size, textAt(sheet, 'SheetId')).toBe(cells.length);
      }
    }
  });

  test('a control stands for a filter that reaches its sheet', () => {
    const scopes = new Map(
      listAt(definition, 'FilterGroups').flatMap((group) =>
        listAt(group, 'Filters').map((filter): [string, string[]] => {
          const [[, body] = []] = Object.entries(Object(filter));
          const on = listAt(group, 'ScopeConfiguration', 'SelectedSheets', 'SheetVisualScopingConfigurations');
          return [textAt(body as Json, 'FilterId'), on.map((one) => textAt(one, 'SheetId'))];
        }),
      ),
    );
    for (const sheet of sheets) {
      for (const control of listAt(sheet, 'FilterControls')) {
        const [[kind, body] = ['']] = Object.entries(Object(control)) as [string, Json][];
        const on = scopes.get(textAt(body, 'SourceFilterId'));
        expect(on).toContain(textAt(sheet, 'SheetId'));
        // Only a filter on several sheets has a control that is the same on all of them.
        expect(kind === 'CrossSheet').toBe((on?.length ?? 0) > 1);
      }
    }
  });

  test('every parameter, visual and field that is named is there', () => {
    const parameters = listAt(definition, 'ParameterDeclarations').map((one) =>
      textAt(one, 'StringParameterDeclaration', 'Name'),
    );
    expect([...new Set(named(definition, 'ParameterName'))].sort()).toEqual([...parameters].sort());
    expect(named(definition, 'SourceParameterName').sort()).toEqual([...parameters].sort());
    for (const group of listAt(definition, 'FilterGroups')) {
      for (const scope of listAt(group, 'ScopeConfiguration', 'SelectedSheets', 'SheetVisualScopingConfigurations')) {
        const sheet = sheets.find((one) => at(one, 'SheetId') === at(scope, 'SheetId'));
        const scoped = at(scope, 'VisualIds') === undefined ? [] : listAt(scope, 'VisualIds').map(String);
        expect(sheet, textAt(group, 'FilterGroupId')).toBeDefined();
        expect(named(at(sheet, 'Visuals'), 'VisualId')).toEqual(expect.arrayContaining(scoped));
      }
    }
    for (const visual of sheets.flatMap((sheet) => listAt(sheet, 'Visuals'))) {
      const [body] = Object.values(Object(visual)) as Json[];
      const { FieldWells, ...rest } = Object(at(body, 'ChartConfiguration'));
      const fields = named(FieldWells, 'FieldId');
      expect(new Set(fields).size).toBe(fields.length);
      expect(fields).toEqual(expect.arrayContaining(named(rest, 'FieldId')));
    }
  });

  test('a visual of rows of people shows none until a reader has asked for one', () => {
    const asked = listAt(definition, 'FilterGroups').filter((group) => named(group, 'ParameterName').length > 0);
    const direct = visuals.filter(({ dataSet }) => dataSet === 'message_timeline').map(({ visual }) => visual);
    expect(asked.flatMap((group) => named(group, 'VisualIds')).sort()).toEqual(direct.sort());
    const people = views.filter(({ columns }) => columns.some(({ name }) => /^recipient(_key)?$/.test(name)));
    expect(DATA_SET_NAMES.filter((name) => people.some((view) => view.name === name))).toEqual(['message_timeline']);
  });

  test('every column in a table, and every axis, is named in words', () => {
    // A big number has its title alone; what colours is in the legend, and the value of a heat map nowhere.
    const isNamed = (kind: string, { use, isColour }: Shown): boolean =>
      kind !== 'KPIVisual' && !isColour && !(kind === 'HeatMapVisual' && use === 'value');
    const names = visuals.flatMap(({ kind, shown }) =>
      shown.filter((one) => isNamed(kind, one)).map(({ label }) => label),
    );
    expect(names.length).toBeGreaterThan(80);
    expect(names.filter((name) => /_|^[a-z]/.test(name))).toEqual([]);
  });

  test('a tenant and each tag that is a dimension has a control, by the tag’s own name', () => {
    const shared = listAt(definition, 'FilterGroups').flatMap((group) =>
      listAt(group, 'Filters').flatMap((filter) => named(filter, 'Title')),
    );
    expect(shared).toEqual([
      ...['Days of sending', 'Days of events', 'Sending domain', 'Configuration set', 'Campaign', 'Mailbox provider'],
      ...['Tenant', 'team', 'template'],
    ]);
    expect(sheets.flatMap((sheet) => named(at(sheet, 'FilterControls'), 'Title'))).toEqual(['Days of arrival']);
  });

  test('the lines that must not be crossed are those of the seed', () => {
    const seed = views.find(({ name }) => name === 'seed_thresholds')?.rows ?? [];
    const drawn = [...JSON.stringify(definition).matchAll(/"StaticConfiguration":\{"Value":([\d.]+)\}/g)];
    expect(drawn.length).toBeGreaterThan(3);
    for (const [, value] of drawn) expect(seed.map((row) => Number(row.value))).toContain(Number(value));
  });

  test('every data set is used by a visual', () => {
    expect(DATA_SET_NAMES.filter((name) => !visuals.some(({ dataSet }) => dataSet === name))).toEqual([]);
  });
});

/** Every text that stands under a key, at any depth; of a list each. */
function named(json: Json | undefined, key: string): string[] {
  if (Array.isArray(json)) return json.flatMap((one) => named(one, key));
  if (typeof json !== 'object' || json === null) return [];
  return Object.entries(json).flatMap(([name, value]) =>
    name === key ? [value as Json].flat().map(String) : named(value as Json, key),
  );
}

function controlsOf(sheet: Json): string[] {
  return [
    ...listAt(sheet, 'FilterControls').map((control) => named(control, 'FilterControlId')[0] ?? ''),
    ...(at(sheet, 'ParameterControls') === undefined
      ? []
      : listAt(sheet, 'ParameterControls').map((control) => textAt(control, 'TextField', 'ParameterControlId'))),
  ];
}

/** The cells of the grid that an element takes, within its 36 columns. */
function cellsOf(element: Json): string[] {
  const [column, span, row, height] = ['ColumnIndex', 'ColumnSpan', 'RowIndex', 'RowSpan'].map((key) =>
    Number(at(element, key)),
  );
  if (column === undefined || span === undefined || row === undefined || height === undefined)
    throw new Error('no place');
  expect(column + span).toBeLessThanOrEqual(36);
  return Array.from({ length: span * height }, (_, i) => `${column + (i % span)} ${row + Math.floor(i / span)}`);
}

describe('on a lake', () => {
  let lake: LakeFixture;
  beforeAll(async () => {
    const tables = [events, headers, clicks];
    const made = await generatedLakes({ messages: 1500, days: 20, seed: 5 }, [{ tables }]);
    const [first] = made.lakes;
    if (!first) throw new Error('no lake');
    lake = first;
  });
  afterAll(() => lake?.close());

  /** Of the running of a lake, which this one has not done, or rare: their questions run, and may have no answer. */
  const OFTEN_EMPTY = new Set([
    'complaints_daily',
    'data_quality_daily',
    'data_freshness',
    'treatment_comparison',
    'deliverability_anomalies',
  ]);

  test.each(visuals.map((asked) => [asked.visual, asked] as const))('%s gives rows', async (_, { sql, dataSet }) => {
    const found = await lake.rows(sql);
    if (!OFTEN_EMPTY.has(dataSet)) expect(found.length).toBeGreaterThan(0);
  });

  test('what is shown as worse than expected is an anomaly, and worse', async () => {
    const asked = visuals.find(({ visual }) => visual === 'ok-incidents');
    expect(asked?.sql).toContain('where cast(is_anomaly as integer) = 1 and cast(is_worse as integer) = 1');
    const shown = await lake.rows(`select count(*) as n from (${asked?.sql})`);
    expect(shown).toEqual(
      await lake.rows('select count(*) as n from deliverability_anomalies where is_anomaly and is_worse'),
    );
  });

  test('numbers of a provider are those that the report says of it', async () => {
    const asked = visuals.find(({ visual }) => visual === 'providers-all');
    const told = await headlines(lake);
    const shown = new Map(
      (await lake.rows(asked?.sql ?? '')).map((row) => [String(row.f0), Object.values(row).slice(1)]),
    );
    expect(told?.providers.length).toBe(shown.size);
    for (const { mailbox_provider, counts, rates } of told?.providers ?? []) {
      const of = [rates.delivery, rates.hardBounce, rates.softBounce, rates.complaint, rates.humanOpen];
      expect(shown.get(mailbox_provider)?.map((value) => (value === null ? null : Number(value)))).toEqual([
        counts.sent,
        ...of,
      ]);
    }
    // Where Apple hides nearly all opens, both say nothing.
    expect(told?.providers.some(({ rates }) => rates.humanOpen === null)).toBe(true);
  });

  const shownBy = async (visual: string) =>
    (await lake.rows(visuals.find((one) => one.visual === visual)?.sql ?? '')).map((row) =>
      Object.values(row).map((value) => (typeof value === 'bigint' ? Number(value) : value)),
    );
  const ask = async (sql: string): Promise<Row[]> => rowsOf(await lake.query(sql));

  test('numbers of a campaign are those that the report says of it', async () => {
    const shown = new Map((await shownBy('campaigns-all')).map(([name, ...of]) => [name, of]));
    const { campaigns } = await loadCampaigns(ask);
    const told = campaigns.filter(({ campaign }) => campaign !== null);
    expect(told.length).toBeGreaterThan(5);
    for (const { campaign, counts } of told) {
      const { delivery, humanOpen, click, unsubscribe, complaint } = RATES;
      const rates = [delivery, humanOpen, click, unsubscribe, complaint].map((one) => rateOf(counts, one));
      expect(shown.get(campaign)).toEqual([counts.number('sent'), ...rates]);
    }
  });

  test('reasons of bounces, and how often, are those of the report', async () => {
    const sums = new Map<string, number>();
    for (const [, status, meaning, , , bounces] of await shownBy('bounces-what-to-do')) {
      const reason = `${status} ${meaning}`;
      sums.set(reason, (sums.get(reason) ?? 0) + Number(bounces));
    }
    const told = new Map<string, number>();
    const { reasons, rest } = await loadBounceReasons(ask);
    for (const { status, meaning, bounces } of reasons)
      told.set(`${status} ${meaning}`, (told.get(`${status} ${meaning}`) ?? 0) + bounces);
    expect(rest.reasons).toBe(0);
    expect(new Map([...sums].filter(([, bounces]) => bounces > 0))).toEqual(told);
  });

  test('a sender’s standing and headers are those of the report', async () => {
    const { identities, compliance } = await loadIdentities(ask);
    const status = await shownBy('ok-status');
    expect(
      status.filter(([, scope]) => scope === 'identity').map((row) => [row[4], row[5], row[0], ...row.slice(9)]),
    ).toEqual(expect.arrayContaining(identities.map((one) => Object.values(one))));
    expect(identities.length).toBeGreaterThan(2);
    const shares = await shownBy('senders-requirements');
    expect(shares.map((row) => row.slice(0, 5))).toEqual(
      expect.arrayContaining(compliance.map((one) => Object.values(one).slice(0, 5))),
    );
  });

  test('a rate is one of sums: the delivery rate of all days is not the mean of days', async () => {
    const asked = visuals.find(({ visual }) => visual === 'providers-all');
    const [whole] = await lake.rows('select cast(sum(delivered) as double) / sum(sent) from deliverability_facts');
    const [visual] = await lake.rows(`select sum(f1), sum(f1 * f2) / sum(f1) from (${asked?.sql})`);
    expect(Object.values(visual ?? {})[1]).toBeCloseTo(Number(Object.values(whole ?? {})[0]), 12);
  });
});
