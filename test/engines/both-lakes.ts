/** The same lake twice: on a laptop, and in an account with the views, file by file. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { AthenaEngine } from '#aws/athena-engine.ts';
import { GlueCatalog } from '#aws/glue-catalog.ts';
import { concurrently } from '#lake/concurrently.ts';
import type { QueryResult } from '#lake/ports.ts';
import { auditsRoot, generationsRoot, outcomesRoot } from '#lake/protocol/keys.ts';
import { audits, generations, TABLES, units } from '#lake/tables/index.ts';
import { type SmallLake, smallLake } from '#test/small-lake.ts';
import type { ViewSource } from '../../stacks/spec/glue-view.ts';
import { type Account, makeViews, openAccount } from './account.ts';

export interface BothLakes {
  account: Account;
  local: SmallLake;
  cloud: (sql: string) => Promise<QueryResult>;
  close(): Promise<void>;
}

/** @param open the account; a fresh one unless told */
export async function bothLakes(
  views: readonly ViewSource[],
  fill: (local: SmallLake) => Promise<void>,
  open: () => Promise<Account> = openAccount,
): Promise<BothLakes> {
  const account = await open();
  const { clients, database, bucket } = account;
  await makeViews(account, views);
  const local = await smallLake();
  await fill(local);
  const { lake } = local;
  const catalog = new GlueCatalog({ client: clients.glue, database, bucket });
  const days = new Map<string, Set<string>>();
  await concurrently(lake.ports.lake.list('v1/'), 16, async ({ key }) => {
    await clients.s3.send(
      new PutObjectCommand({ Bucket: bucket, Key: key, Body: readFileSync(join(lake.lakeRoot, key)) }),
    );
    const dt = /dt=(\d{4}-\d\d-\d\d)\//.exec(key)?.[1];
    for (const root of Object.values(RECORDS)) {
      if (key.startsWith(root) && dt) days.set(root, (days.get(root) ?? new Set()).add(dt));
    }
  });
  for (const table of Object.keys(TABLES)) {
    const root = RECORDS[table];
    const partitions = root
      ? [...(days.get(root) ?? [])].map((dt) => ({ dt, location: `${root}dt=${dt}/` }))
      : await lake.ports.catalog.locations(table);
    await catalog.ensurePartitions(table, partitions);
  }
  const engine = new AthenaEngine({ ...clients, database, workgroup: 'analysts', bucket });
  return {
    account,
    local,
    cloud: (sql) => engine.query(sql),
    async close() {
      await account.close();
      await local.close();
    },
  };
}

const RECORDS: Readonly<Record<string, string>> = {
  [units.name]: outcomesRoot,
  [generations.name]: generationsRoot,
  [audits.name]: auditsRoot,
};
