/** Database and tables, from their one declaration. A changed column is an update of its table: nothing in the name changes. */

import { settingsParameter } from '#aws/environment.ts';
import { logicalName } from '#aws/stage-names.ts';
import { kept, type LakeStage } from './lake-stage.ts';
import { tableArguments } from './spec/glue-arguments.ts';
import { glueTables } from './spec/glue-tables.ts';
import type { Storage } from './storage.ts';

export interface LakeCatalog {
  database: aws.glue.CatalogDatabase;
  tables: Readonly<Record<string, aws.glue.CatalogTable>>;
}

export function makeCatalog(stage: LakeStage, { lake }: Storage): LakeCatalog {
  const { names, places } = stage;
  const database = new aws.glue.CatalogDatabase(
    'Database',
    {
      name: places.names.database,
      description: `E-mail events of ${names.app}, stage ${names.stage}`,
      parameters: settingsParameter(stage.settings),
      // IAM alone decides about the tables, also where Lake Formation's defaults for new databases have been changed.
      createTableDefaultPermissions: [
        { principal: { dataLakePrincipalIdentifier: 'IAM_ALLOWED_PRINCIPALS' }, permissions: ['ALL'] },
      ],
    },
    kept(stage),
  );
  const tables = glueTables(places.names.lakeBucket).map((table) => {
    const made = new aws.glue.CatalogTable(
      `${logicalName(table.Name)}Table`,
      tableArguments(places.names.database, table),
      {
        // Not protected: a table that a newer release has brought stays, with its days, when an older one is deployed.
        retainOnDelete: stage.config.keepsData,
        dependsOn: [database, lake],
      },
    );
    return [table.Name, made] as const;
  });
  return { database, tables: Object.fromEntries(tables) };
}
