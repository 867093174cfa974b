/**
 * Athena's API on Trino, for tests: what the engine adapter calls, answered as Athena answers it. Everything else goes on
 * to moto, so that one address is a whole account, and faults can be put between SDK and account (`faults.ts`).
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { athenaColumn, athenaText } from './athena-text.ts';
import type { Fault, QueryFate } from './faults.ts';
import { type TrinoClient, TrinoFailure, type TrinoResult } from './trino-client.ts';
import { parseUnload, runUnload } from './unload.ts';

interface Execution {
  id: string;
  sql: string;
  database: string;
  workgroup: string;
  state: 'QUEUED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';
  reason?: string;
  result?: TrinoResult;
  isCancelled: boolean;
  manifest?: string;
  fate?: QueryFate | undefined;
  submitted: number;
}

export interface GatewayOptions {
  moto: string;
  trino: TrinoClient;
  /** bucket of query results: manifests lie there */
  results: string;
}

/** The requests that a fault may look at. */
export interface ForwardedRequest {
  service: string;
  /** `StartQueryExecution`, `CreatePartition`, or an HTTP method for S3 */
  operation: string;
  path: string;
  body: string;
}

class InvalidRequest extends Error {}

/** @see GatewayOptions. One gateway is one Athena: its queries are forgotten when it ends. */
export class Gateway {
  readonly address: string;
  readonly #options: GatewayOptions;
  readonly #server: ReturnType<typeof createServer>;
  readonly #executions = new Map<string, Execution>();
  readonly #tokens = new Map<string, Execution>();
  #faults: Fault[] = [];
  /** bytes that a query may read, by workgroup; in a workgroup that is not named, any number */
  readonly limits = new Map<string, number>();
  /** those that there are; left empty, any */
  readonly workgroups = new Set<string>();
  /** every request, in order */
  readonly passed: ForwardedRequest[] = [];

  private constructor(options: GatewayOptions, server: ReturnType<typeof createServer>, port: number) {
    this.#options = options;
    this.#server = server;
    this.address = `http://127.0.0.1:${port}`;
  }

  static async start(options: GatewayOptions): Promise<Gateway> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('the gateway has no port');
    const gateway = new Gateway(options, server, address.port);
    server.on('request', (incoming, answer) => {
      gateway.#handle(incoming, answer).catch((error: unknown) => {
        if (!answer.headersSent) answer.writeHead(502);
        answer.end(String(error));
      });
    });
    return gateway;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** queries that were started */
  get queries(): number {
    return this.#executions.size;
  }

  /** From now on these happen; those before are forgotten. */
  inject(...faults: Fault[]): void {
    this.#faults = faults;
  }

  async #handle(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = await bodyOf(incoming);
    const passing = describe(incoming, body);
    this.passed.push(passing);
    const fault = this.#faults.find(({ isDue }) => isDue(passing));
    if (fault?.before?.(answer, passing)) return;
    const said =
      passing.service === 'AmazonAthena'
        ? await this.#athena(passing, fault?.fate)
        : await forward(this.#options.moto, incoming, fault?.changeRequest?.(body, passing) ?? body);
    if (fault?.after?.(answer, said, passing)) return;
    answer.writeHead(said.status, said.headers);
    answer.end(said.body);
  }

  async #athena({ operation, body }: ForwardedRequest, fate?: QueryFate): Promise<Said> {
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() };
    const text = (value: object): Buffer => Buffer.from(JSON.stringify(value));
    try {
      return { status: 200, headers, body: text(this.#answer(operation, JSON.parse(body || '{}'), fate)) };
    } catch (error) {
      if (!(error instanceof InvalidRequest)) throw error;
      const refusal = { __type: 'InvalidRequestException', Message: error.message, AthenaErrorCode: 'INVALID_INPUT' };
      return { status: 400, headers, body: text(refusal) };
    }
  }

  #answer(operation: string, input: Record<string, unknown>, fate?: QueryFate): object {
    switch (operation) {
      case 'StartQueryExecution':
        return { QueryExecutionId: this.#start(input, fate).id };
      case 'GetQueryExecution':
        return { QueryExecution: this.#describe(this.#find(input)) };
      case 'GetQueryResults':
        return this.#results(input);
      case 'StopQueryExecution':
        this.#find(input).isCancelled = true;
        return {};
      default:
        throw new InvalidRequest(`the gateway does not know ${operation}`);
    }
  }

  /** The same token and text is the same query; the same token and another text is an error. */
  #start(input: Record<string, unknown>, fate?: QueryFate): Execution {
    const sql = textOf(input.QueryString);
    const token = textOf(input.ClientRequestToken);
    if (sql === '') throw new InvalidRequest('QueryString must not be empty');
    if (Buffer.byteLength(sql) > 262_144) throw new InvalidRequest('QueryString is too long');
    const earlier = token === '' ? undefined : this.#tokens.get(token);
    if (earlier && earlier.sql !== sql) throw new InvalidRequest('Idempotent parameters do not match');
    if (earlier) return earlier;
    const workgroup = textOf(input.WorkGroup);
    if (this.workgroups.size > 0 && !this.workgroups.has(workgroup))
      throw new InvalidRequest(`WorkGroup ${workgroup} is not found.`);
    const context: unknown = input.QueryExecutionContext;
    const execution: Execution = {
      id: randomUUID(),
      sql,
      database: typeof context === 'object' && context && 'Database' in context ? textOf(context.Database) : 'default',
      workgroup,
      state: 'QUEUED',
      isCancelled: false,
      fate,
      submitted: Date.now(),
    };
    this.#executions.set(execution.id, execution);
    if (token !== '') this.#tokens.set(token, execution);
    void this.#run(execution);
    return execution;
  }

  /** Goes on whether or not anybody still asks for it, as a query does when the Lambda that started it has died. */
  async #run(execution: Execution): Promise<void> {
    const { trino } = this.#options;
    const options = {
      schema: execution.database,
      isCancelled: () => execution.isCancelled,
      onState: (state: string) => {
        if (state !== 'QUEUED' && execution.state === 'QUEUED') execution.state = 'RUNNING';
      },
    };
    try {
      if (execution.fate === 'hangs') {
        execution.state = 'RUNNING';
        while (!execution.isCancelled) await setTimeout(20);
        throw new InvalidRequest('stopped');
      }
      const unload = parseUnload(execution.sql);
      if (unload) {
        if ((await this.#keysUnder(unload.target)).length > 0) {
          throw new InvalidRequest(`HIVE_PATH_ALREADY_EXISTS: Target directory is not empty: ${unload.target}`);
        }
        await runUnload(trino, unload, execution.id, options);
        if (execution.fate === 'fails') throw new InvalidRequest('GENERIC_INTERNAL_ERROR: injected');
        execution.manifest = await this.#writeManifest(execution.id, await this.#keysUnder(unload.target));
        execution.result = { id: execution.id, columns: [], rows: [], bytesRead: 0, milliseconds: 0 };
      } else {
        execution.result = await trino.query(execution.sql.replace(/;\s*$/, ''), options);
      }
      const isOver = (execution.result?.bytesRead ?? 0) > (this.limits.get(execution.workgroup) ?? Infinity);
      if (isOver) execution.reason = 'Bytes scanned limit was exceeded';
      execution.state = isOver ? 'CANCELLED' : 'SUCCEEDED';
    } catch (error) {
      execution.state = execution.isCancelled ? 'CANCELLED' : 'FAILED';
      execution.reason =
        error instanceof TrinoFailure
          ? `${error.code}: ${error.message}`
          : error instanceof Error
            ? error.message
            : String(error);
    }
  }

  #find({ QueryExecutionId: id }: Record<string, unknown>): Execution {
    const found = this.#executions.get(textOf(id));
    if (!found) throw new InvalidRequest(`QueryExecution ${textOf(id)} was not found`);
    return found;
  }

  #describe({ id, sql, database, workgroup, state, reason, result, manifest, submitted }: Execution): object {
    return {
      QueryExecutionId: id,
      Query: sql,
      StatementType: statementType(sql),
      QueryExecutionContext: { Database: database, Catalog: 'awsdatacatalog' },
      WorkGroup: workgroup,
      Status: { State: state, StateChangeReason: reason, SubmissionDateTime: submitted / 1000 },
      Statistics: {
        DataScannedInBytes: result?.bytesRead ?? 0,
        EngineExecutionTimeInMillis: result?.milliseconds ?? 0,
        DataManifestLocation: manifest,
      },
    };
  }

  /** Pages of at most 1,000 rows, the first of which are the columns' names. */
  #results(input: Record<string, unknown>): object {
    const { state, result } = this.#find(input);
    if (state !== 'SUCCEEDED' || !result) {
      throw new InvalidRequest(`Query has not yet finished. Current state: ${state}`);
    }
    const { columns } = result;
    const all = [
      columns.map(({ name }): string | undefined => name),
      ...result.rows.map((row) => row.map((value, at) => athenaText(value, columns[at]?.type ?? ''))),
    ];
    const from = Number(textOf(input.NextToken) || 0);
    const size = Math.min(Number(input.MaxResults ?? 1000), 1000);
    return {
      ResultSet: {
        Rows: all
          .slice(from, from + size)
          .map((row) => ({ Data: row.map((value) => (value === undefined ? {} : { VarCharValue: value })) })),
        ResultSetMetadata: { ColumnInfo: columns.map(athenaColumn) },
      },
      ...(from + size < all.length ? { NextToken: String(from + size) } : {}),
    };
  }

  async #keysUnder(address: string): Promise<string[]> {
    const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]+)\/(.*)$/.exec(address) ?? [];
    const query = `list-type=2&max-keys=1000&prefix=${encodeURIComponent(prefix)}`;
    const listing = await (await fetch(`${this.#options.moto}/${bucket}?${query}`, { headers: UNSIGNED })).text();
    return [...listing.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => `s3://${bucket}/${key}`);
  }

  async #writeManifest(id: string, files: readonly string[]): Promise<string> {
    const key = `${id}-manifest.csv`;
    await fetch(`${this.#options.moto}/${this.#options.results}/${key}`, {
      method: 'PUT',
      headers: UNSIGNED,
      body: files.map((file) => `${file}\n`).join(''),
    });
    return `s3://${this.#options.results}/${key}`;
  }
}

/** moto looks at who signs, not at the signature. */
const UNSIGNED = {
  authorization: 'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0',
};

export interface Said {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

/** "StatementType" (Amazon Athena API, `QueryExecution`). */
const statementType = (sql: string): string =>
  /^\s*(show|describe|explain)\b/i.test(sql) ? 'UTILITY' : /^\s*(create|drop|alter)\b/i.test(sql) ? 'DDL' : 'DML';

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

async function bodyOf(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The service and operation as the SDK names them: in a header, or for S3 by method and path. */
function describe({ headers, method = '', url = '' }: IncomingMessage, body: Buffer): ForwardedRequest {
  const [service = '', operation = ''] = String(headers['x-amz-target'] ?? '').split('.');
  const path = decodeURIComponent(url);
  if (path === '/v2/email/outbound-emails')
    return { service: 'SES', operation: 'SendEmail', path, body: body.toString() };
  return operation === ''
    ? { service: 'S3', operation: method, path, body: '' }
    : { service, operation, path, body: body.toString() };
}

const forward = (moto: string, incoming: IncomingMessage, body: Buffer): Promise<Said> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(moto);
    // A fault may have changed the body.
    const length = 'content-length' in incoming.headers ? { 'content-length': String(body.length) } : {};
    const onward = request(
      { hostname, port, method: incoming.method, path: incoming.url, headers: { ...incoming.headers, ...length } },
      (response) => {
        bodyOf(response).then(
          (answer) => resolve({ status: response.statusCode ?? 502, headers: response.headers, body: answer }),
          reject,
        );
      },
    );
    onward.once('error', reject);
    onward.end(body);
  });
