/** Reads rows by Athena, page by page, and counts what the queries have read and cost. */
import { paginateGetQueryResults, type QueryExecution } from '@aws-sdk/client-athena';
import type { QueryResult, RowStream, SqlValue } from '#lake/ports.ts';
import { athenaDollars, billedBytes } from './athena-price.ts';
import { type QueryPlace, runQuery } from './athena-query.ts';
import { columnOf, valuesOf } from './athena-values.ts';

/** What queries have taken so far. */
export interface Spent {
  /** that were billed: Athena bills none that failed, and no statement without data, such as `show` */
  queries: number;
  bytesRead: number;
  dollars: number;
}

/** Is all that the report needs of an engine, too. */
export class AthenaReader {
  readonly #place: QueryPlace;
  #queries = 0;
  #bytesRead = 0;
  #bytesBilled = 0;

  constructor(place: QueryPlace) {
    const { onEnd } = place;
    this.#place = {
      ...place,
      onEnd: (execution) => {
        this.#count(execution);
        onEnd?.(execution);
      },
    };
  }

  get spent(): Spent {
    return { queries: this.#queries, bytesRead: this.#bytesRead, dollars: athenaDollars(this.#bytesBilled) };
  }

  /** @throws AthenaFailure */
  query(sql: string): Promise<QueryResult> {
    return this.stream(sql, async ({ columns, batches }) => ({
      columns,
      rows: (await Array.fromAsync(batches)).flat(),
    }));
  }

  /** A result of any length: `work` gets the rows while they come in, and is waited for. @throws AthenaFailure */
  async stream<T>(sql: string, work: (rows: RowStream) => Promise<T>): Promise<T> {
    const { client } = this.#place;
    const { QueryExecutionId, StatementType } = await runQuery(this.#place, sql);
    const pages = paginateGetQueryResults({ client }, { QueryExecutionId })[Symbol.asyncIterator]();
    const first = await pages.next();
    const { ResultSet } = first.done ? {} : first.value;
    const described = ResultSet?.ResultSetMetadata?.ColumnInfo ?? [];
    const columns = described.map(columnOf);
    const [names] = ResultSet?.Rows ?? [];
    // The first row of a select's first page is the columns' names; of other statements it is so for some.
    const isHeading =
      StatementType === 'DML' || described.every(({ Name }, at) => Name === names?.Data?.[at]?.VarCharValue);
    async function* batches(): AsyncGenerator<SqlValue[][]> {
      yield (ResultSet?.Rows ?? []).slice(isHeading ? 1 : 0).map((row) => valuesOf(columns, row));
      for (let page = await pages.next(); !page.done; page = await pages.next()) {
        yield (page.value.ResultSet?.Rows ?? []).map((row) => valuesOf(columns, row));
      }
    }
    return work({ columns, batches: batches() });
  }

  #count({ Status, StatementType, Statistics }: QueryExecution): void {
    const bytes = Statistics?.DataScannedInBytes ?? 0;
    // What was stopped is billed for what it had read.
    if (Status?.State === 'FAILED' || (StatementType !== 'DML' && bytes === 0)) return;
    this.#queries++;
    this.#bytesRead += bytes;
    this.#bytesBilled += billedBytes(bytes);
  }
}
