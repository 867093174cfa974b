/** Checks the database of who may see no persons, in an evaluated stage. */
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { readEnvironment } from '#aws/environment.ts';
import { loadSql } from '#host/sql-folder.ts';
import type { View } from '#lake/sql/views/view.ts';
import { copyName, openViews } from '#lake/sql/without-persons.ts';
import { PERSON_COLUMNS } from '#lake/tables/persons.ts';
import { glueInputs, tablesOf } from '../glue-inputs.ts';
import { at, type Graph, listAt, ofType, textAt } from '../graph.ts';
import { REPOSITORY } from '../platform.ts';
import type { Stages } from './stages.ts';

const OPEN = 'WithoutPersonsDatabase';

export function withoutPersonsChecks(stages: Stages): void {
  let views: View[];
  beforeAll(async () => {
    ({ views } = await loadSql(join(REPOSITORY, 'sql')));
  });
  const copied = (): string[] => openViews(views).flatMap(({ view, reads }) => (reads === 'copy' ? [view.name] : []));

  test('is made where somebody reads it, and nothing of it elsewhere', () => {
    const made = (graph: Graph): string[] =>
      graph.resources.filter(({ name }) => name.startsWith('WithoutPersons')).map(({ type }) => type);
    expect(made(stages.dev())).toEqual([]);
    expect(made(stages.existing())).toEqual([]);
    expect(new Set(made(stages.production()))).toEqual(
      new Set([
        'aws:glue/catalogDatabase:CatalogDatabase',
        'aws:glue/catalogTable:CatalogTable',
        'aws:athena/workgroup:Workgroup',
        'aws:iam/policy:Policy',
      ]),
    );
    expect(stages.production().outputs).toMatchObject({
      databaseWithoutPersons: 'maillake_production_without_persons',
      workgroupWithoutPersons: 'maillake-production-without-persons',
      policyWithoutPersons: expect.stringMatching(/:policy\/maillake-production-eu-west-1-without-persons$/),
    });
    expect(stages.dev().outputs).not.toHaveProperty('policyWithoutPersons');
  });

  test('roles of the config get the policy that their `persons` says', () => {
    const attached = (graph: Graph) =>
      ofType(graph, 'aws:iam/rolePolicyAttachment:RolePolicyAttachment').map(({ inputs }) => [
        textAt(inputs, 'role'),
        textAt(inputs, 'policyArn'),
      ]);
    const { outputs } = stages.production();
    expect(attached(stages.production())).toEqual([
      ['marketing', textAt(outputs, 'policyWithoutPersons')],
      ['mail', textAt(outputs, 'analystPolicy')],
    ]);
    expect(attached(stages.dev())).toEqual([]);
  });

  test('has views by their names, with the columns that can hold nothing of a person', () => {
    const { database, tables } = glueInputs(stages.production(), OPEN);
    expect(database).toBe('maillake_production_without_persons');
    const isView = ({ TableType }: (typeof tables)[number]): boolean => TableType === 'VIRTUAL_VIEW';
    const names = tables.filter(isView).map(({ Name }) => Name);
    expect(names.sort()).toEqual(
      openViews(views)
        .map(({ view }) => view.name)
        .sort(),
    );
    expect(names.length).toBeGreaterThan(35);
    for (const { Name = '', StorageDescriptor } of tables) {
      if (Name.startsWith('seed_')) continue;
      const columns = StorageDescriptor?.Columns?.map((column) => column.Name ?? '') ?? [];
      expect(
        columns.filter((column) => PERSON_COLUMNS.has(column)),
        Name,
      ).toEqual([]);
      const whole = views.find((view) => Name === view.name || Name === copyName(view.name));
      expect(columns, Name).toEqual(
        whole?.columns.map(({ name }) => name).filter((column) => !PERSON_COLUMNS.has(column)),
      );
    }
  });

  test('has a table for each copy, outside of the lake, with one partition that the function switches', () => {
    const { tables } = glueInputs(stages.production(), OPEN);
    const made = tables.filter(({ TableType }) => TableType !== 'VIRTUAL_VIEW');
    expect(made.map(({ Name }) => Name).sort()).toEqual(copied().map(copyName).sort());
    const results = textAt(stages.production().outputs, 'results');
    for (const { Name = '', PartitionKeys, StorageDescriptor } of made) {
      expect(PartitionKeys?.map(({ Name: key }) => key)).toEqual(['copy']);
      expect(StorageDescriptor?.Location).toBe(`s3://${results}/copies/${Name.replace(/^copy_of_/, '')}/`);
    }
  });

  test('a view comes after everything that it reads, and names it where it is', () => {
    const graph = stages.production();
    const made = tablesOf(graph, OPEN);
    for (const { view, reads } of openViews(views)) {
      const found = made.find(({ inputs }) => textAt(inputs, 'name') === view.name);
      const before = new Set(found?.dependsOn);
      const needed = reads === 'copy' ? [copyName(view.name)] : view.dependsOn;
      const where = reads === 'tables' ? tablesOf(graph) : made;
      const missing = needed.filter(
        (name) => !where.some((one) => textAt(one.inputs, 'name') === name && before.has(one.name)),
      );
      expect(missing, view.name).toEqual([]);
      const [, text = ''] = /: (\S+) \*\/$/.exec(textAt(found?.inputs, 'viewOriginalText')) ?? [];
      const { schema, originalSql } = JSON.parse(Buffer.from(text, 'base64').toString());
      expect([view.name, schema]).toEqual([
        view.name,
        reads === 'tables' ? 'maillake_production' : 'maillake_production_without_persons',
      ]);
      if (reads === 'copy') expect(originalSql).toMatch(new RegExp(`^select "\\w+"[^;]*\nfrom copy_of_${view.name}$`));
    }
  });

  test('the dashboard reads it, as it shows no persons', () => {
    const [template] = ofType(stages.production(), 'aws:s3/bucketObjectv2:BucketObjectv2')
      .filter(({ name }) => name === 'DashboardTemplate')
      .map(({ inputs }) => textAt(inputs, 'content'));
    const schemas = [...(template ?? '').matchAll(/"Schema":"(\w+)","Name":"(\w+)"/g)];
    expect(new Set(schemas.map(([, schema]) => schema))).toEqual(new Set(['maillake_production_without_persons']));
    const there = tablesOf(stages.production(), OPEN).map(({ inputs }) => textAt(inputs, 'name'));
    expect(schemas.length).toBeGreaterThan(15);
    expect(schemas.map(([, , name = '']) => name).filter((name) => !there.includes(name))).toEqual([]);
  });

  test('the worker of rollups knows where to copy, and after which of them', () => {
    const copiesOf = (graph: Graph) => {
      const found = ofType(graph, 'aws:lambda/function:Function').find(({ name }) => name === 'RollupDaysFunction');
      return readEnvironment(Object(at(found?.inputs, 'environment', 'variables'))).copies;
    };
    expect(copiesOf(stages.dev())).toBeNull();
    expect(copiesOf(stages.production())).toEqual({
      database: 'maillake_production_without_persons',
      bucket: textAt(stages.production().outputs, 'results'),
      isMadeHourly: true,
    });
    expect(
      listAt(ofType(stages.production(), 'aws:athena/workgroup:Workgroup').map(({ inputs }) => inputs)),
    ).toHaveLength(4);
  });
}
