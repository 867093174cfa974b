/** What went wrong at a stage that a person asks, in words: what happened, and what to do. */
import { RefusedStatement, UsageError, WorkError } from '#host/failure.ts';
import { AthenaFailure } from './athena-query.ts';
import { isNetworkFailure } from './network-failure.ts';
import { serviceError } from './s3-failure.ts';

/** Where a stage is asked. */
export interface StageAddress {
  database: string;
  workgroup: string;
  region: string;
}

const ANALYST =
  "they need what the stage's policy `analystPolicy` allows (stacks/README.md says who needs which rights)";

/**
 * @param names of tables and views that are there
 * @returns the error in words; unchanged if it is in words already, or nothing that AWS says
 */
export function stageFailure(
  error: unknown,
  { database, workgroup, region }: StageAddress,
  names: readonly string[] = [],
): unknown {
  if (!(error instanceof Error) || error instanceof UsageError || error instanceof RefusedStatement) return error;
  const options = { cause: error };
  const work = (message: string, hint?: string): WorkError => new WorkError(message, hint, options);
  if (error instanceof AthenaFailure) return queryFailure(error, database, names, work);
  const { name } = error;
  const message = error.message.split('\n')[0] ?? '';
  if (
    /^(Credentials|Token)Provider/.test(name) ||
    CREDENTIALS.has(name) ||
    /token included in the request/i.test(message)
  )
    return work(`AWS takes no credentials of yours: ${message}`, 'sign in again (aws sso login), or set AWS_PROFILE');
  if (message === 'Region is missing') return work('no AWS region', 'name it: --region eu-west-1, or set AWS_REGION');
  if (name === 'EntityNotFoundException')
    return new UsageError(
      `there is no database ${database} in ${region}`,
      'check --stage, --app and --region, and whose credentials these are; or name it: --database NAME --workgroup NAME',
    );
  if (/workgroup.* (is )?not found/i.test(message))
    return new UsageError(`there is no workgroup ${workgroup} in ${region}`, 'name it: --workgroup NAME');
  if (/^(AccessDenied|UnauthorizedOperation)/.test(name) || serviceError(error)?.status === 403)
    return work(`these credentials may not do that: ${message}`, ANALYST);
  if (isNetworkFailure(error))
    return work(
      `AWS can't be reached in ${region}: ${message}`,
      'check --region, the network, and AWS_ENDPOINT_URL if it is set',
    );
  return serviceError(error) ? work(`AWS says ${name}: ${message}`, 'run it again') : error;
}

function queryFailure(
  { message }: AthenaFailure,
  database: string,
  names: readonly string[],
  work: (message: string, hint?: string) => WorkError,
): unknown {
  const closed = /Cannot cast '(\S+ is closed here, [^']*)' to/i.exec(message)?.[1];
  if (closed !== undefined) return new RefusedStatement(closed);
  if (/scanned limit was exceeded/i.test(message))
    return work(
      "Athena stopped the query: it would have read more than the workgroup's limit",
      'filter on a day (dt, send_date or event_date), name fewer columns, or raise queryGigabytes in maillake.config.ts',
    );
  if (/may read no more|more than it may/.test(message))
    return work(
      'the query was stopped: with it more would have been read than was allowed',
      'allow more: --most-gigabytes N',
    );
  const missing = new RegExp(`Table '(?:awsdatacatalog\\.)?${database}\\.([^'.]+)' does not exist`, 'i').exec(
    message,
  )?.[1];
  if (missing !== undefined) return new Error(`no such table or view: ${missing} (there are ${names.join(', ')})`);
  if (/Access ?Denied|insufficient permissions|not authorized/i.test(message))
    return work(`these credentials may not read that: ${reasonOf(message)}`, ANALYST);
  return work(reasonOf(message));
}

/** Without the query's id: `SYNTAX_ERROR: line 1:8: …` */
const reasonOf = (message: string): string => message.replace(/^Athena query \S+ (failed|cancelled): /, '');

const CREDENTIALS: ReadonlySet<string> = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
]);
