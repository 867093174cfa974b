/**
 * What those get who may see no persons: a database of copies and views, a workgroup, and a policy to be attached. None of it holds
 * anything that the lake hasn't.
 */

import { settingsParameter } from '#aws/environment.ts';
import { globalName, logicalName } from '#aws/stage-names.ts';
import { openViews } from '#lake/sql/without-persons.ts';
import { hasCopies } from './config.ts';
import type { LakeStage } from './lake-stage.ts';
import { openStatements } from './spec/analyst.ts';
import { tableArguments, viewArguments } from './spec/glue-arguments.ts';
import { glueCopy, glueOpenView } from './spec/glue-copies.ts';
import { policyOf } from './spec/statements.ts';
import type { StageSql } from './sql-folder.ts';
import type { Storage } from './storage.ts';
import { makeOpenWorkgroup } from './workgroups.ts';

export interface WithoutPersons {
  database: aws.glue.CatalogDatabase;
  workgroup: aws.athena.Workgroup;
  policy: aws.iam.Policy;
  /** tables and views */
  relations: $util.Resource[];
}

/** @param lake tables and views of the lake; null: nobody is to see no persons */
export function makeWithoutPersons(
  stage: LakeStage,
  storage: Storage,
  { views }: StageSql,
  lake: $util.Resource[],
): WithoutPersons | null {
  const { names, places, account, config, settings } = stage;
  if (!hasCopies(config)) return null;
  const databases = { lake: places.names.database, open: places.names.openDatabase };
  const database = new aws.glue.CatalogDatabase('WithoutPersonsDatabase', {
    name: databases.open,
    description: `Counts and rates of ${names.app}, stage ${names.stage}, without persons`,
    parameters: settingsParameter(settings),
    createTableDefaultPermissions: [
      { principal: { dataLakePrincipalIdentifier: 'IAM_ALLOWED_PRINCIPALS' }, permissions: ['ALL'] },
    ],
  });
  const relations: aws.glue.CatalogTable[] = [];
  const make = (kind: string, { name, ...rest }: ReturnType<typeof viewArguments>): void => {
    const reads = [database, ...relations, ...lake];
    relations.push(
      new aws.glue.CatalogTable(`WithoutPersons${logicalName(name)}${kind}`, { name, ...rest }, { dependsOn: reads }),
    );
  };
  const open = openViews(views);
  for (const { view, reads } of open)
    if (reads === 'copy') make('Table', tableArguments(databases.open, glueCopy(view, places.names.resultsBucket)));
  for (const one of open) make('View', viewArguments(databases.open, glueOpenView(one, databases)));
  return {
    database,
    relations,
    workgroup: makeOpenWorkgroup(stage, storage),
    policy: new aws.iam.Policy('WithoutPersonsPolicy', {
      name: globalName('policy', names, account.region, 'without-persons'),
      description: `Queries over views of ${names.app}, stage ${names.stage}, without persons`,
      policy: policyOf(openStatements(places)),
    }),
  };
}
