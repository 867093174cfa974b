/** Trino, whose SQL is Athena's, over moto's Glue and S3. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Engines } from './install.ts';
import { freePort, type Started, start } from './process.ts';
import { TrinoClient } from './trino-client.ts';

/** Athena's own name for the Glue catalog; views keep it in their text. */
export const CATALOG = 'awsdatacatalog';
/** Where UNLOAD is a CREATE TABLE AS: with a metastore of files, so that Glue stays as it was. */
export const UNLOAD_CATALOG = 'unload';
export const UNLOAD_SCHEMA = `${UNLOAD_CATALOG}.unloads`;

export const REGION = 'us-east-1';

/** @param accessKey who asks for it: where buckets have policies, a role's name (`moto_server.py`) */
export async function startTrino(
  { java, trino }: Engines,
  moto: string,
  folder: string,
  accessKey = 'test',
): Promise<Started & { client: TrinoClient }> {
  const port = await freePort();
  const etc = mkdtempSync(join(folder, 'etc-'));
  mkdirSync(join(etc, 'catalog'));
  const write = (name: string, lines: Readonly<Record<string, string | number>>): void =>
    writeFileSync(
      join(etc, name),
      Object.entries(lines)
        .map(([key, value]) => `${key}=${value}\n`)
        .join(''),
    );
  write('log.properties', { 'io.trino': 'INFO' });
  write('config.properties', {
    'node.environment': 'test',
    'node.id': 'one',
    'node.bind-ip': '127.0.0.1',
    'node.internal-address': '127.0.0.1',
    'plugin.dir': join(trino, 'plugin'),
    'catalog.config-dir': join(etc, 'catalog'),
    'log.levels-file': join(etc, 'log.properties'),
    coordinator: 'true',
    'node-scheduler.include-coordinator': 'true',
    'http-server.http.port': port,
    // It would go to the working directory.
    'http-server.log.enabled': 'false',
    'discovery.uri': `http://127.0.0.1:${port}`,
    'query.max-memory': '500MB',
    'query.max-memory-per-node': '500MB',
    'memory.heap-headroom-per-node': '200MB',
    'query.max-length': 1_000_000,
  });
  const s3 = {
    'fs.native-s3.enabled': 'true',
    's3.endpoint': moto,
    's3.region': REGION,
    's3.aws-access-key': accessKey,
    's3.aws-secret-key': 'test',
    's3.path-style-access': 'true',
    'hive.storage-format': 'PARQUET',
    'hive.compression-codec': 'ZSTD',
    'hive.non-managed-table-writes-enabled': 'true',
    'hive.non-managed-table-creates-enabled': 'true',
    // Athena's timestamps have milliseconds, and it reads folders below a partition's location.
    'hive.timestamp-precision': 'MILLISECONDS',
    'hive.recursive-directories': 'true',
  };
  write(`catalog/${CATALOG}.properties`, {
    'connector.name': 'hive',
    'hive.metastore': 'glue',
    'hive.metastore.glue.region': REGION,
    'hive.metastore.glue.endpoint-url': moto,
    'hive.metastore.glue.aws-access-key': accessKey,
    'hive.metastore.glue.aws-secret-key': 'test',
    // moto knows no segments: more of them would give each partition more than once.
    'hive.metastore.glue.partitions-segments': 1,
    'hive.partition-projection-enabled': 'true',
    ...s3,
  });
  write(`catalog/${UNLOAD_CATALOG}.properties`, {
    'connector.name': 'hive',
    'hive.metastore': 'file',
    'hive.metastore.catalog.dir': 'local:///metastore',
    'fs.native-local.enabled': 'true',
    'local.location': etc,
    'hive.security': 'allow-all',
    ...s3,
  });

  const client = new TrinoClient(`http://127.0.0.1:${port}`);
  const started = await start({
    name: 'Trino',
    command: java,
    args: [
      // Plans of past queries stay for a while: with 1 GB half of the tests' time went into collecting garbage.
      '-Xmx3g',
      // The quick compiler has 48 MB by default, which these queries fill: full collections would make room.
      '-XX:ReservedCodeCacheSize=256m',
      // A short life on two cores: the quick compiler and the small collector start twice as fast.
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      '-XX:+ExitOnOutOfMemoryError',
      '-Djdk.attach.allowAttachSelf=true',
      '-Djdk.nio.maxCachedBufferSize=2000000',
      '-Dfile.encoding=UTF-8',
      '-Duser.timezone=UTC',
      '--add-modules=jdk.incubator.vector',
      '--enable-native-access=ALL-UNNAMED',
      '--sun-misc-unsafe-memory-access=allow',
      `-Dconfig=${join(etc, 'config.properties')}`,
      '-cp',
      join(trino, 'lib', '*'),
      'io.trino.server.TrinoServer',
    ],
    log: join(folder, 'trino.log'),
    isReady: async () => (await client.query('select 1')).rows.length === 1,
    timeoutMs: 240_000,
  });
  // Here and once: two queries that make it at once fail, `if not exists` or not.
  await client.query(`create schema if not exists ${UNLOAD_SCHEMA}`);
  return { ...started, client };
}
