/** One query in Athena: started once, polled until it has ended, stopped when its time is up. */

import { setTimeout } from 'node:timers/promises';
import {
  type AthenaClient,
  GetQueryExecutionCommand,
  type QueryExecution,
  StartQueryExecutionCommand,
  StopQueryExecutionCommand,
} from '@aws-sdk/client-athena';

export interface QueryPlace {
  client: AthenaClient;
  database: string;
  workgroup: string;
  /** milliseconds that are left for the whole; a query that would take longer is stopped */
  remainingMs: () => number;
  /** stops a query that is under way */
  signal?: AbortSignal | undefined;
  /** bytes that a query may read before it is stopped; Athena says what it has read so far at each look */
  mostBytes?: (() => number) | undefined;
  /** gets each query that has ended, also one that failed or was stopped: what it has read is paid for */
  onEnd?: ((execution: QueryExecution) => void) | undefined;
}

/** The query failed, was cancelled, or its time was up. What it has written so far stays where it is. */
export class AthenaFailure extends Error {
  override name = 'AthenaFailure';
  readonly queryId: string;
  constructor(queryId: string, why: string) {
    super(`Athena query ${queryId} ${why}`);
    this.queryId = queryId;
  }
}

/** Waits between polls: the end of a short query is seen early, and a long one costs few calls. */
const FIRST_LOOK_MS = 100;
const MOST_LOOK_MS = 3000;
/** Time that is kept for what the caller has to do afterwards. */
const RESERVE_MS = 15_000;
/** Athena's limit on a statement, bytes. */
const MOST_QUERY_BYTES = 262_144;

/**
 * Runs a statement to its end. With a `token`, a statement that is sent twice is started once: Athena returns the query
 * that is already running.
 *
 * @throws AthenaFailure; Error for a statement that is larger than Athena takes
 */
export async function runQuery(place: QueryPlace, sql: string, token?: string): Promise<QueryExecution> {
  const { client, database, workgroup, signal, mostBytes = () => Infinity, onEnd = () => {} } = place;
  const bytes = Buffer.byteLength(sql);
  if (bytes > MOST_QUERY_BYTES) throw new Error(`statement of ${bytes} bytes is larger than Athena takes (262,144)`);
  if (signal?.aborted) throw new AthenaFailure('(none)', 'was not started: its caller had given up');
  if (mostBytes() <= 0) throw new AthenaFailure('(none)', 'was not started: its caller may read no more');
  const { QueryExecutionId: id = '' } = await client.send(
    new StartQueryExecutionCommand({
      QueryString: sql,
      QueryExecutionContext: { Database: database, Catalog: 'AwsDataCatalog' },
      WorkGroup: workgroup,
      // Without one the SDK makes a random one, which its retries keep: a lost answer starts nothing twice.
      ...(token ? { ClientRequestToken: token } : {}),
    }),
  );
  for (let wait = FIRST_LOOK_MS; ; wait = Math.min(MOST_LOOK_MS, wait * 1.5)) {
    const { QueryExecution: execution } = await client.send(new GetQueryExecutionCommand({ QueryExecutionId: id }));
    const { State: state, StateChangeReason: reason = 'without a reason' } = execution?.Status ?? {};
    if (execution && (state === 'SUCCEEDED' || state === 'FAILED' || state === 'CANCELLED')) onEnd(execution);
    if (execution && state === 'SUCCEEDED') return execution;
    if (state === 'FAILED' || state === 'CANCELLED') throw new AthenaFailure(id, `${state.toLowerCase()}: ${reason}`);
    if (signal?.aborted) await stop('its caller has given up', execution);
    const read = execution?.Statistics?.DataScannedInBytes ?? 0;
    if (read > mostBytes()) await stop(`it had read ${read} bytes, more than it may`, execution);
    if (place.remainingMs() < RESERVE_MS + wait)
      await stop('it would not have ended in time; the next run starts another', execution);
    await setTimeout(wait, undefined, signal ? { signal } : {}).catch(() => {}); // looked at above
  }

  async function stop(why: string, execution: QueryExecution | undefined): Promise<never> {
    await client.send(new StopQueryExecutionCommand({ QueryExecutionId: id }));
    if (execution) onEnd(execution);
    throw new AthenaFailure(id, `was stopped: ${why}`);
  }
}
