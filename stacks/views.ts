/** Every view of sql/, twice: as a view to query, and as a saved query to read and adapt. */

import { logicalName } from '#aws/stage-names.ts';
import type { LakeCatalog } from './catalog.ts';
import { wholeOne } from './deployed.ts';
import type { LakeStage } from './lake-stage.ts';
import { viewArguments } from './spec/glue-arguments.ts';
import { glueView } from './spec/glue-view.ts';
import { exampleQueries, savedQueries } from './spec/saved-queries.ts';
import type { StageSql } from './sql-folder.ts';
import type { Workgroups } from './workgroups.ts';

export function makeViews(
  { places, deployed }: LakeStage,
  { views }: StageSql,
  { database, tables }: LakeCatalog,
  { analysts }: Workgroups,
): $util.Resource[] {
  const made = new Map<string, $util.Resource>(Object.entries(tables));
  for (const view of views) {
    const reads = view.dependsOn.map((name) => made.get(name)).filter((resource) => resource !== undefined);
    made.set(
      view.name,
      new aws.glue.CatalogTable(
        `${logicalName(view.name)}View`,
        viewArguments(places.names.database, glueView(view, places.names.database)),
        { dependsOn: [database, ...reads] },
      ),
    );
  }
  const saved: aws.athena.NamedQuery[] = [];
  for (const { name, description, query } of [...savedQueries(views), ...exampleQueries()]) {
    // Athena takes 5 a second ("Service quotas", CreateNamedQuery), so two are created at a time.
    const before = saved.at(-2);
    saved.push(
      new aws.athena.NamedQuery(
        // The provider has no update for one.
        wholeOne(deployed, QUERY, `${logicalName(name)}Query`),
        { name, description, database: places.names.database, workgroup: analysts.id, query },
        { dependsOn: [database, ...(before ? [before] : [])] },
      ),
    );
  }
  return [...made.values()];
}

const QUERY = 'aws:athena/namedQuery:NamedQuery';
