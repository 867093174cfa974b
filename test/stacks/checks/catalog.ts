/** Checks tables, views and saved queries of an evaluated stage. */
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { logicalName } from '#aws/stage-names.ts';
import { type LakeSql, loadSql } from '#host/sql-folder.ts';
import { TABLES } from '#lake/tables/index.ts';
import { glueTables } from '../../../stacks/spec/glue-tables.ts';
import { glueInputs, TABLE, tablesOf } from '../glue-inputs.ts';
import { at, type Graph, type Json, listAt, ofType, type Resource, resourceOf, textAt } from '../graph.ts';
import { REPOSITORY } from '../platform.ts';
import { all, type Stages } from './stages.ts';

const QUERY = 'aws:athena/namedQuery:NamedQuery';
const CONFIGURATION_SET = 'aws:sesv2/configurationSet:ConfigurationSet';

const isView = ({ inputs }: Resource): boolean => at(inputs, 'tableType') === 'VIRTUAL_VIEW';
const named = (resources: readonly Resource[]): string[] =>
  resources.map(({ inputs }) => textAt(inputs, 'name')).sort();
const nameOf = (graph: Graph, resource: string): string | null => {
  const found = graph.resources.find(({ type, name }) => type === TABLE && name === resource);
  return found ? textAt(found.inputs, 'name') : null;
};

export function catalogChecks(stages: Stages): void {
  let sql: LakeSql;
  beforeAll(async () => {
    sql = await loadSql(join(REPOSITORY, 'sql'));
  });

  test('IAM alone decides about tables of the database, whatever the account’s defaults are', () => {
    for (const graph of all(stages)) {
      const databases = ofType(graph, 'aws:glue/catalogDatabase:CatalogDatabase');
      expect(databases.length).toBeGreaterThan(0);
      for (const { name, inputs } of databases) {
        expect(at(inputs, 'createTableDefaultPermissions'), name).toEqual([
          { principal: { dataLakePrincipalIdentifier: 'IAM_ALLOWED_PRINCIPALS' }, permissions: ['ALL'] },
        ]);
      }
    }
  });

  test('every table is what its declaration says, with comments, in this stage’s bucket', () => {
    for (const graph of all(stages)) {
      const lake = textAt(graph.outputs, 'lake');
      const { database, tables } = glueInputs(graph);
      expect(database).toBe(`${graph.app.name}_${graph.app.stage}`);
      const made = tables.filter(({ TableType }) => TableType !== 'VIRTUAL_VIEW');
      const declared = glueTables(lake);
      expect(made.map(({ Name }) => Name).sort()).toEqual(declared.map(({ Name }) => Name).sort());
      for (const table of declared) expect(made.find(({ Name }) => Name === table.Name)).toEqual(table);
      for (const { Name, StorageDescriptor } of made) {
        for (const column of StorageDescriptor?.Columns ?? [])
          expect(column.Comment, `${Name}.${column.Name}`).toMatch(/\S/);
      }
    }
  });

  test('a changed column or select is an update: what Glue and Pulumi know a table by says nothing of either', () => {
    const known = (graph: Graph) =>
      tablesOf(graph).map(({ name, inputs }) => [name, textAt(inputs, 'name'), at(inputs, 'catalogId')]);
    const declared = [...glueTables('bucket').map(({ Name }) => Name), ...sql.views.map(({ name }) => name)];
    for (const graph of all(stages)) {
      expect(
        known(graph)
          .map(([, name]) => name)
          .sort(),
      ).toEqual(declared.sort());
      expect(
        known(graph).filter(
          ([logical, name]) => logical?.toString().replace(/(Table|View)$/, '') !== logicalName(String(name)),
        ),
      ).toEqual([]);
      expect(known(graph).filter(([, , catalog]) => catalog !== undefined)).toEqual([]);
      expect(new Set(tablesOf(graph).map(({ inputs }) => at(inputs, 'databaseName')))).toEqual(
        new Set([at(graph.outputs, 'database')]),
      );
      expect(tablesOf(graph).flatMap(({ ignoreChanges }) => ignoreChanges)).toEqual([]);
    }
  });

  test('the tables that settle and rollup read by place have projected partitions, down to a generation', () => {
    const { tables } = glueInputs(stages.dev());
    const projected = tables.filter(({ Parameters }) => Parameters?.['projection.enabled'] === 'true');
    const parquet = Object.values(TABLES).filter(({ format }) => format === 'parquet');
    expect(projected.map(({ Name }) => Name).sort()).toEqual(
      parquet.flatMap(({ name }) => [`${name}_live`, `${name}_settled`]).sort(),
    );
    const lake = textAt(stages.dev().outputs, 'lake');
    for (const { Name = '', Parameters } of projected) {
      const table = Name.replace(/_(live|settled)$/, '');
      // A rollup writes the days of a run below one location.
      const folders = table === 'recipient_messages' ? `\${generation}/dt=\${dt}/` : `dt=\${dt}/\${generation}/`;
      expect(Parameters).toMatchObject(
        Name.endsWith('_live')
          ? { 'storage.location.template': `s3://${lake}/v1/live/${table}/dt=\${dt}/`, 'projection.dt.type': 'date' }
          : {
              'storage.location.template': `s3://${lake}/v1/settled/${table}/${folders}`,
              'projection.dt.type': 'date',
              'projection.generation.type': 'injected',
            },
      );
    }
  });

  /** What the stage's own configuration set publishes stands below what the seed says. */
  const withOwnSet = (seed: string, graph: Graph): string => {
    const [own] = ofType(graph, CONFIGURATION_SET);
    if (!own) return seed;
    const row = `('${textAt(own.inputs, 'configurationSetName')}', true, true, true, true, true, true)`;
    return seed.replace(/\(.*\)(?=\n\) as seed )/, `$&,\n        ${row}`);
  };

  test('a view decodes to its text in sql/, with the columns of its header', () => {
    for (const graph of [stages.dev(), stages.existing()]) {
      const views = tablesOf(graph).filter(isView);
      expect(named(views)).toEqual(sql.views.map(({ name }) => name).sort());
      for (const view of sql.views) {
        const made = views.find(({ inputs }) => at(inputs, 'name') === view.name);
        expect(definitionOf(made?.inputs)).toEqual({
          originalSql: view.name === 'seed_published_events' ? withOwnSet(view.sql, graph) : view.sql,
          catalog: 'awsdatacatalog',
          schema: `${graph.app.name}_${graph.app.stage}`,
          columns: view.columns.map(({ name, type }) => ({ name, type })),
        });
        expect(listAt(made?.inputs, 'storageDescriptor', 'columns').map((column) => at(column, 'name'))).toEqual(
          view.columns.map(({ name }) => name),
        );
        expect(at(made?.inputs, 'parameters', 'presto_view')).toBe('true');
        expect(at(made?.inputs, 'viewExpandedText')).toBe('/* Presto View */');
      }
    }
  });

  test('a view comes after everything that it reads', () => {
    const graph = stages.dev();
    for (const view of sql.views) {
      const made = tablesOf(graph).find(({ inputs }) => at(inputs, 'name') === view.name);
      const before = new Set(made?.dependsOn.map((name) => nameOf(graph, name)));
      expect(
        view.dependsOn.filter((name) => !before.has(name)),
        view.name,
      ).toEqual([]);
    }
  });

  test('settings of the config are in the views, and in the folder that rollup is given', () => {
    const settingsOf = (graph: Graph): string => {
      const view = tablesOf(graph).find(({ inputs }) => at(inputs, 'name') === 'seed_settings');
      return textAt(definitionOf(view?.inputs), 'originalSql');
    };
    expect(settingsOf(stages.dev())).toMatch(/'attribution_days', '30'[\s\S]*'report_time_zone', 'UTC'/);
    expect(settingsOf(stages.production())).toMatch(
      /'attribution_days', '14'[\s\S]*'report_time_zone', 'Europe\/Berlin'/,
    );
    const rollup = stages.production().builds.find(({ functionID }) => functionID === 'Rollup');
    expect(rollup?.copyFiles.map(({ to }) => to)).toEqual(['sql']);
    expect(rollup?.copyFiles[0]?.from).toMatch(/maillake\/production\/sql$/);
  });

  test('each view is a saved query too, beside questions to begin with, and Athena is not asked for more than two at a time', () => {
    for (const graph of all(stages)) {
      const queries = ofType(graph, QUERY);
      const examples = named(queries).filter((name) => name.startsWith('example_'));
      expect(examples.length).toBeGreaterThanOrEqual(6);
      expect(named(queries).filter((name) => !examples.includes(name))).toEqual(
        sql.views.map(({ name }) => name).sort(),
      );
      const begun = queries.filter(({ dependsOn }) => !dependsOn.some((name) => name.endsWith('Query')));
      expect(begun).toHaveLength(2);
      for (const { inputs } of queries) {
        expect(textAt(inputs, 'query').length).toBeLessThan(262_144);
        expect(textAt(inputs, 'name').length).toBeLessThanOrEqual(128);
        expect(textAt(inputs, 'description').length).toBeLessThanOrEqual(1024);
        expect(at(inputs, 'workgroup')).toBe(at(graph.outputs, 'workgroup'));
      }
    }
    const saved = resourceOf(stages.dev(), QUERY, 'DeliverabilityDailyQuery');
    expect(textAt(saved.inputs, 'query').trim()).toBe(
      sql.views.find(({ name }) => name === 'deliverability_daily')?.sql,
    );
  });

  test('analysts ask in a workgroup with a limit, the pipeline in one without; nobody gets around either’s settings', () => {
    const graph = stages.production();
    const group = (name: string): Json => resourceOf(graph, 'aws:athena/workgroup:Workgroup', name).inputs;
    for (const name of ['AnalystsWorkgroup', 'PipelineWorkgroup']) {
      expect(at(group(name), 'configuration')).toMatchObject({
        enforceWorkgroupConfiguration: true,
        engineVersion: { selectedEngineVersion: 'Athena engine version 3' },
        resultConfiguration: { expectedBucketOwner: '123456789012' },
      });
    }
    const limit = (name: string): Json => at(group(name), 'configuration', 'bytesScannedCutoffPerQuery');
    expect(limit('AnalystsWorkgroup')).toBe(50_000_000_000);
    expect(limit('PipelineWorkgroup')).toBeUndefined();
    const place = (name: string): string =>
      textAt(group(name), 'configuration', 'resultConfiguration', 'outputLocation');
    expect(place('AnalystsWorkgroup')).toMatch(/^s3:\/\/maillake-production-results-[0-9a-f]{8}\/analysts\/$/);
    expect(place('PipelineWorkgroup')).toBe(place('AnalystsWorkgroup').replace('analysts', 'pipeline'));
  });
}

/** What `CREATE VIEW` would have written (`ConnectorViewDefinition` of Trino). */
function definitionOf(inputs: Json): Json {
  const [, text = ''] = /^\/\* Presto View: (\S+) \*\/$/.exec(textAt(inputs, 'viewOriginalText')) ?? [];
  return JSON.parse(Buffer.from(text, 'base64').toString('utf8'));
}
