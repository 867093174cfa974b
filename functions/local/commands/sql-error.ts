import type { View } from '#lake/sql/view.ts';
import { TABLES } from '#lake/tables/index.ts';
import { didYouMean, WorkError } from '../failure.ts';
import { LAKE } from './options.ts';

/** What is wrong with a statement: in DuckDB's words, and for a name that isn't there, with those that are like it. */
export function sqlError(error: unknown, views: readonly View[]): unknown {
  if (!(error instanceof Error)) return error;
  const { message } = error;
  const missing = /^no such table or view: (\S+)/.exec(message)?.[1];
  if (missing !== undefined) {
    const names = [...Object.keys(TABLES), ...views.map(({ name }) => name)];
    const hint = didYouMean(missing, names) ?? `see all of them: ${LAKE} views`;
    return new WorkError(`there is no table or view ${missing}`, hint, { cause: error });
  }
  const said = /(?:Parser|Binder|Catalog|Conversion|Invalid Input|Out of Range|Not implemented) Error: .*/is.exec(
    message,
  )?.[0];
  if (said !== undefined)
    return new WorkError(said, `the columns of a table: ${LAKE} describe TABLE`, { cause: error });
  const isRefused = /^(one statement at a time|the lake is only read by queries)/.test(message);
  return isRefused ? new WorkError(message, undefined, { cause: error }) : error;
}
