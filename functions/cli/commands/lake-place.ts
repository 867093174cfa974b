/** Which lake a command reads: a folder of this machine, or a stage in AWS. */
import { fileURLToPath } from 'node:url';
import { type Command, Option } from 'commander';
import type { Spent } from '#aws/athena-reader.ts';
import type { StageLake } from '#aws/stage-lake.ts';
import { analystWorkgroup, databaseName, nameOf } from '#aws/stage-names.ts';
import { UsageError } from '#host/failure.ts';
import { byteCount, counted, dollars } from '#host/figures.ts';
import type { Engine, QueryResult, RowStream, Store } from '#lake/ports.ts';
import type { Settings } from '#lake/settings.ts';
import type { View } from '#lake/sql/views/view.ts';
import type { Table } from '#lake/tables/table.ts';
import type { Console } from '../console.ts';
import { interruptible } from '../interruption.ts';
import type { DictionaryEntry } from './dictionary.ts';
import { existingLake, type LakeFolder, withLake } from './options.ts';

/** What reading commands need of a lake, wherever it is. */
export interface ReadLake {
  engine: {
    query(sql: string): Promise<QueryResult>;
    stream<T>(sql: string, work: (rows: RowStream) => Promise<T>, closed?: ReadonlySet<string>): Promise<T>;
    files(table: Table): Promise<{ dt: string | null; path: string; bytes: number }[]>;
    /** writes the rows into a Parquet file; returns their number */
    copyTo?(sql: string, path: string): Promise<number>;
    /** an engine for many questions, whose answers are all of one moment */
    atOneMoment?<T>(work: (engine: Pick<Engine, 'query'>) => Promise<T>): Promise<T>;
  };
  ports: { lake: Store };
  views: readonly View[];
  settings: Settings;
  /** what Athena's queries have cost so far; left out where nothing costs */
  spent?(): Spent;
}

export interface StageNames {
  stage?: string;
  app?: string;
  region?: string;
  database?: string;
  workgroup?: string;
}

/** `--lake`, or the names of a stage. */
export interface LakePlace extends LakeFolder, StageNames {}

const IN_AWS = 'A stage in AWS, in place of --lake:';

/** Adds the options that name a stage. */
export const atStage = (command: Command): Command =>
  [
    new Option('--stage <name>', 'such as production').conflicts('lake'),
    new Option('--app <name>', 'the first part of its names; else that of maillake.config.ts').conflicts('lake'),
    new Option('--region <region>', 'else AWS_REGION, else that of maillake.config.ts').conflicts('lake'),
    new Option('--database <name>', 'where it is another than the stage and app say').conflicts('lake'),
    new Option('--workgroup <name>', "of Athena, likewise; else the analysts' own").conflicts('lake'),
  ].reduce((made, option) => made.addOption(option.helpGroup(IN_AWS)), command);

export const isStage = ({ stage, app, region, database, workgroup }: StageNames): boolean =>
  [stage, app, region, database, workgroup].some((name) => name !== undefined);

/** Where a stage is asked. @throws UsageError if the options leave it open */
export async function stageAddress({ stage, app, region, database, workgroup }: StageNames, env = process.env) {
  const { config } = await import('../../../maillake.config.ts');
  const names = stage === undefined ? null : { app: app ?? config.app, stage };
  const found = {
    database: database ?? (names && databaseName(names)),
    workgroup: workgroup ?? (names && analystWorkgroup(names)),
  };
  if (found.database === null || found.workgroup === null)
    throw new UsageError('which stage?', 'name it: --stage production; or both --database and --workgroup');
  return {
    database: found.database,
    workgroup: found.workgroup,
    region: region ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? config.stages?.[stage ?? '']?.region ?? config.region,
    ...(env.AWS_ENDPOINT_URL ? { endpoint: env.AWS_ENDPOINT_URL } : {}),
  };
}

/** The call that has a function of the stage do what people have no rights for. It is not waited for. */
export async function callOf(
  names: StageNames,
  lambda: 'audit' | 'replay' | 'rebuild',
  event: object,
): Promise<string> {
  const { config } = await import('../../../maillake.config.ts');
  const { stage = 'STAGE', app = config.app } = names;
  return `aws lambda invoke --function-name ${nameOf('lambda', { app, stage }, lambda)} --invocation-type Event --cli-binary-format raw-in-base64-out --payload '${JSON.stringify(event)}' /dev/null`;
}

interface Reading {
  /** the only statement that will be asked (LakeOptions) */
  asks?: string;
  /** bytes that Athena may read, all queries together */
  mostBytes?: number;
}

/** Opens the lake, does the work and closes it, whatever happens; says what Athena's queries have cost. */
export async function withReadLake<T>(
  place: LakePlace,
  to: Pick<Console, 'note'>,
  work: (lake: ReadLake) => Promise<T>,
  { asks, mostBytes }: Reading = {},
): Promise<T> {
  if (isStage(place)) return withStage(place, to, work, mostBytes);
  return withLake({ lake: existingLake(place.lake), ...(asks === undefined ? {} : { asks }) }, work);
}

/** AWS's clients are loaded late, as the engine is. */
async function withStage<T>(
  names: StageNames,
  to: Pick<Console, 'note'>,
  work: (lake: StageLake) => Promise<T>,
  mostBytes?: number,
): Promise<T> {
  const address = await stageAddress(names);
  const { openStage } = await import('#aws/stage-lake.ts');
  return interruptible(async (signal) => {
    const lake = await openStage({
      ...address,
      signal,
      sqlFolder: fileURLToPath(new URL('../../../sql', import.meta.url)),
      ...(mostBytes === undefined ? {} : { mostBytes }),
    });
    try {
      return await work(lake);
    } finally {
      const { queries, bytesRead, dollars: cost } = lake.spent();
      if (queries > 0)
        to.note(`Athena: ${counted(queries, 'query', 'queries')} read ${byteCount(bytesRead)}, about ${dollars(cost)}`);
      await lake.close();
    }
  });
}

/** What this release declares; of a stage, what of it is there. */
export async function dictionaryAt(place: StageNames, to: Pick<Console, 'note'>): Promise<DictionaryEntry[]> {
  const { dictionary } = await import('./dictionary.ts');
  const entries = await dictionary();
  if (!isStage(place)) return entries;
  return withStage(place, to, async ({ names }) => entries.filter(({ name }) => names.has(name)));
}

/** What a document says of Athena's queries; nothing of a lake on this machine. */
export function bill({ spent }: ReadLake): object {
  if (!spent) return {};
  const { queries, bytesRead, dollars: cost } = spent();
  return { athena: { queries, bytes_read: bytesRead, dollars: cost } };
}
