/**
 * The peer: one nested table of SES's events by the hour, as Firehose's record format conversion makes it, with the usual
 * views over it. Where there is a choice it has the better one:
 *
 * - one Parquet file an hour, Snappy, dictionaries, one row group. Firehose makes four, as it waits 15 minutes at most.
 * - an event lies in the hour that it happened in. Firehose goes by arrival, so that a query for a day must also read the hours after it.
 * - Hours are projected ("Amazon Data Firehose example", Amazon Athena User Guide), so no catalog is asked for partitions.
 * - Only the columns of the table that a view's reader names are read: no `select distinct` over a whole view, as is usual
 *   against copies; questions count distinct things, and the timeline is made distinct after it has been cut to a message.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand } from '@aws-sdk/client-glue';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { DuckDBInstance } from '@duckdb/node-api';
import { glueStorage } from '#aws/glue-table.ts';
import { concurrently } from '#lake/concurrently.ts';
import { events } from '#lake/tables/events.ts';
import { type Account, makeViews } from '#test/engines/account.ts';
import { filesBelow } from '../competitor.ts';
import type { MailEvents } from './events.ts';
import { duckDbType, inPeerNames, PEER_COLUMNS } from './peer-schema.ts';
import { PEER_VIEWS } from './peer-views.ts';

export const peerBucket = ({ bucket }: Account): string => `${bucket}-peer`;
const FILE = 'part-0.parquet';
/** Of `2025/03/10/08/part-0.parquet`. */
export const dayOfPeerFile = (key: string): string => key.slice(0, 10).replaceAll('/', '-');

export async function makePeer(account: Account, mail: MailEvents): Promise<void> {
  const { s3, glue } = account.clients;
  const Bucket = peerBucket(account);
  await s3.send(new CreateBucketCommand({ Bucket }));
  const folder = mkdtempSync(join(tmpdir(), 'peer-'));
  try {
    const files = await convert(mail, folder);
    await concurrently(files, 8, ({ key, path }) =>
      s3.send(new PutObjectCommand({ Bucket, Key: key, Body: readFileSync(path) })),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  await glue.send(new CreateTableCommand({ DatabaseName: account.database, TableInput: peerTable(Bucket) }));
  for (const { name, sql } of PEER_VIEWS) {
    const { columns } = await account.trino.query(`select * from (${sql}) limit 0`, { schema: account.database });
    const typed = columns.map((column) => ({ ...column, type: column.type.replace(/^varchar\(\d+\)$/, 'varchar') }));
    await makeViews(account, [{ name, sql, columns: typed.map((column) => ({ ...column, doc: column.name })) }]);
  }
}

/** Writes the hours as Parquet. One thread, so that an hour is one file and keeps its order. */
async function convert({ hours }: MailEvents, folder: string): Promise<{ key: string; path: string }[]> {
  const lines = join(folder, 'lines');
  const output = join(folder, 'parquet');
  mkdirSync(lines);
  for (const [hour, records] of hours) {
    const rows = records.map((text) => JSON.stringify(inPeerNames(JSON.parse(text))));
    writeFileSync(join(lines, `${hour}.json`), rows.join('\n'));
  }
  const types = Object.entries(PEER_COLUMNS).map(([name, type]) => `'${name}': '${duckDbType(type)}'`);
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    // Files are closed by and by, and a partition whose file has been closed would get another one.
    await connection.run(`set partitioned_write_max_open_files = ${hours.size + 1}`);
    await connection.run(`
      copy (
        select * exclude (filename), parse_filename(filename, true) as hour
        from read_json('${lines}/*.json', format = 'newline_delimited', columns = {${types.join(', ')}}, filename = true)
      ) to '${output}' (format parquet, compression snappy, partition_by (hour))`);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
  const files = filesBelow(output, '.parquet').map((path) => {
    const [, day = '', hour = ''] = /hour=(\d{4}-\d\d-\d\d)T(\d\d)/.exec(path) ?? [];
    return { key: `${day.replaceAll('-', '/')}/${hour}/${FILE}`, path };
  });
  const keys = new Set(files.map(({ key }) => key));
  if (files.length !== hours.size || keys.size !== hours.size)
    throw new Error(`${files.length} Parquet files of ${hours.size} hours`);
  return files;
}

const peerTable = (bucket: string) => ({
  Name: 'ses_events',
  TableType: 'EXTERNAL_TABLE',
  Parameters: {
    EXTERNAL: 'TRUE',
    classification: 'parquet',
    'projection.enabled': 'true',
    'projection.datehour.type': 'date',
    'projection.datehour.format': 'yyyy/MM/dd/HH',
    'projection.datehour.range': '2025/01/01/00,2025/12/31/23',
    'projection.datehour.interval': '1',
    'projection.datehour.interval.unit': 'HOURS',
    'storage.location.template': `s3://${bucket}/\${datehour}/`,
  },
  PartitionKeys: [{ Name: 'datehour', Type: 'string' }],
  StorageDescriptor: {
    ...glueStorage(events, `s3://${bucket}/`),
    Columns: Object.entries(PEER_COLUMNS).map(([Name, Type]) => ({ Name, Type })),
  },
});
