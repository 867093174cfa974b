/** Errors of a bucket that is read from a laptop, each in one line that says what to do. */
import { isNetworkFailure } from '#aws/network-failure.ts';
import { serviceError } from '#aws/s3-failure.ts';
import { UsageError, WorkError } from '#host/failure.ts';
import { DeniedObject } from '#lake/ports.ts';

/**
 * @param address of the object, or of the folder that was listed
 * @param needs the right that it takes
 * @returns the error in words; unchanged if it is one of the ports' errors (missing, changed) or an unknown one
 */
export function bucketFailure(
  error: unknown,
  address: string,
  needs = `s3:${address.endsWith('/') ? 'ListBucket' : 'GetObject'}`,
): unknown {
  if (!(error instanceof Error)) return error;
  const options = { cause: error };
  if (error instanceof DeniedObject) return new WorkError(denied(error.why, address, needs), undefined, options);
  const bucket = /^s3:\/\/([^/]*)/.exec(address)?.[1];
  const said = serviceError(error);
  if (said?.name === 'NoSuchBucket' || said?.name === 'InvalidBucketName') {
    return new UsageError(`--raw: there is no bucket ${bucket}: check its name, and whose credentials these are`);
  }
  if (said?.status === 403 || (said && CREDENTIALS[said.name])) {
    return new WorkError(denied(said.name, address, needs), undefined, options);
  }
  if (/^(Credentials|Token)Provider/.test(error.name)) {
    return new WorkError(
      `no AWS credentials for ${address}: set AWS_PROFILE, sign in, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (${firstLine(error)})`,
      undefined,
      options,
    );
  }
  if (error.message === 'Region is missing') {
    return new WorkError(`no AWS region for ${address}: set AWS_REGION, such as eu-west-1`, undefined, options);
  }
  if (said?.status === 301 || said?.name === 'AuthorizationHeaderMalformed') {
    return new WorkError(`${address} is in another region: set AWS_REGION to the bucket's own`, undefined, options);
  }
  if (isNetwork(error)) {
    return new WorkError(
      `${address} can't be reached: check the network (and AWS_ENDPOINT_URL, if it is set), then run it again (${firstLine(error)})`,
      undefined,
      options,
    );
  }
  // S3's messages speak of requests, never of what objects hold.
  if (said)
    return new WorkError(`${address}: S3 says ${said.name}, run it again (${firstLine(error)})`, undefined, options);
  return error;
}

/** By S3's names for it (Amazon S3 API Reference, "Error responses"). */
function denied(name: string, address: string, needs: string): string {
  if (name === 'InvalidObjectState') return `${address} is archived: restore it from Glacier, then run it again`;
  const remedy = CREDENTIALS[name];
  if (remedy) return `AWS refuses the credentials for ${address}: ${remedy} (${name})`;
  const grant = name.startsWith('KMS.') ? 'kms:Decrypt for its key' : needs;
  return `access denied to ${address}: allow ${grant}, or take other credentials with AWS_PROFILE (${name})`;
}

const SIGN_IN = 'sign in again, then run it again';
const CREDENTIALS: Readonly<Record<string, string>> = {
  ExpiredToken: SIGN_IN,
  ExpiredTokenException: SIGN_IN,
  TokenRefreshRequired: SIGN_IN,
  InvalidToken: SIGN_IN,
  InvalidAccessKeyId: 'there is no such key, check AWS_PROFILE or AWS_ACCESS_KEY_ID',
  SignatureDoesNotMatch: 'check AWS_SECRET_ACCESS_KEY',
  RequestTimeTooSkewed: "set this machine's clock",
};

/** Nothing but the connection is written to here: of a command's own output it would mean that its reader has gone. */
const isNetwork = (error: Error): boolean => isNetworkFailure(error) || ('code' in error && error.code === 'EPIPE');

const firstLine = ({ message }: Error): string => message.split('\n')[0] ?? '';
