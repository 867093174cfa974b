/** A client of Trino's REST protocol: it posts a statement, then requests the next address until there is none. */
import { setTimeout } from 'node:timers/promises';

export type TrinoValue = string | number | bigint | boolean | null | TrinoValue[] | { [key: string]: TrinoValue };

export interface TrinoResult {
  /** the query's, for a while known at `/v1/query/<id>` */
  id: string;
  columns: { name: string; type: string }[];
  rows: TrinoValue[][];
  updateCount?: number;
  /** bytes read from files */
  bytesRead: number;
  milliseconds: number;
}

export interface TrinoOptions {
  schema?: string;
  session?: Readonly<Record<string, string>>;
  /** looked at between answers */
  isCancelled?: () => boolean;
  onState?: (state: string) => void;
}

/** What Trino says of a statement that it can't run. */
export class TrinoFailure extends Error {
  override name = 'TrinoFailure';
  readonly code: string;
  readonly isUserError: boolean;
  constructor(code: string, type: string, message: string) {
    super(message);
    this.code = code;
    this.isUserError = type === 'USER_ERROR';
  }
}

interface Answer {
  id: string;
  nextUri?: string;
  columns?: { name: string; type: string }[];
  data?: TrinoValue[][];
  updateCount?: number;
  stats?: { state?: string; physicalInputBytes?: number; elapsedTimeMillis?: number };
  error?: { message: string; errorName: string; errorType: string };
}

export class TrinoClient {
  readonly address: string;

  constructor(address: string) {
    this.address = address;
  }

  /** @throws TrinoFailure */
  async query(sql: string, options: TrinoOptions = {}): Promise<TrinoResult> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#run(sql, options);
      } catch (error) {
        // For some seconds after its start Trino answers, but has no workers yet.
        if (!(error instanceof TrinoFailure && error.code === 'NO_NODES_AVAILABLE') || attempt > 60) throw error;
        await setTimeout(250);
      }
    }
  }

  async #run(
    sql: string,
    { schema = 'default', session = {}, isCancelled, onState }: TrinoOptions,
  ): Promise<TrinoResult> {
    const headers: Record<string, string> = {
      'X-Trino-User': 'test',
      'X-Trino-Catalog': 'awsdatacatalog',
      'X-Trino-Schema': schema,
      'X-Trino-Time-Zone': 'UTC',
      // Else timestamp(3) is called timestamp.
      'X-Trino-Client-Capabilities': 'PARAMETRIC_DATETIME',
      'X-Trino-Session': Object.entries(session)
        .map(([name, value]) => `${name}=${value}`)
        .join(','),
    };
    const result: TrinoResult = { id: '', columns: [], rows: [], bytesRead: 0, milliseconds: 0 };
    let answer = await this.#ask(`${this.address}/v1/statement`, { method: 'POST', body: sql, headers });
    for (;;) {
      result.id = answer.id;
      if (answer.columns) result.columns = answer.columns;
      for (const row of answer.data ?? []) result.rows.push(row);
      if (answer.updateCount !== undefined) result.updateCount = answer.updateCount;
      result.bytesRead = answer.stats?.physicalInputBytes ?? result.bytesRead;
      result.milliseconds = answer.stats?.elapsedTimeMillis ?? result.milliseconds;
      if (answer.stats?.state) onState?.(answer.stats.state);
      if (answer.error) {
        throw new TrinoFailure(answer.error.errorName, answer.error.errorType, answer.error.message);
      }
      if (answer.nextUri === undefined) return result;
      if (isCancelled?.()) {
        await fetch(answer.nextUri, { method: 'DELETE', headers });
        throw new TrinoFailure('USER_CANCELED', 'USER_ERROR', 'Query was canceled');
      }
      answer = await this.#ask(answer.nextUri, { headers });
    }
  }

  async #ask(address: string, init: RequestInit): Promise<Answer> {
    for (;;) {
      const response = await fetch(address, init);
      if (response.ok) return parseExact(await response.text());
      if (![502, 503, 504].includes(response.status)) {
        throw new Error(`Trino answered ${response.status}: ${(await response.text()).slice(0, 300)}`);
      }
      await setTimeout(50);
    }
  }
}

/** Whole numbers that JavaScript's can't hold become bigints. */
const parseExact = (text: string): Answer =>
  JSON.parse(text, (_, value, context?: { source?: string }) =>
    typeof value === 'number' &&
    Number.isInteger(value) &&
    !Number.isSafeInteger(value) &&
    context?.source &&
    /^-?\d+$/.test(context.source)
      ? BigInt(context.source)
      : value,
  );
