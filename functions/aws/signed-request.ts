/** Signs a request to a service that no client here speaks to (AWS General Reference, "Signature Version 4 signing process"). */
import { createHash, createHmac } from 'node:crypto';

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

export interface Unsigned {
  method: 'GET' | 'POST' | 'PUT';
  /** whose path and query are written as the service reads them: encoded, parameters in order */
  url: Pick<URL, 'host' | 'pathname' | 'search'>;
  /** as credentials are scoped by: `quicksight` */
  service: string;
  region: string;
  /** further headers that are signed, by names in small letters: all that begin with `x-amz-` must be */
  headers?: Readonly<Record<string, string>>;
  body?: string;
}

/** @returns the headers that the request needs, beside `host`, which its sender adds */
export function signedHeaders(
  { method, url, service, region, headers: given = {}, body = '' }: Unsigned,
  { accessKeyId, secretAccessKey, sessionToken }: Credentials,
  now: number,
): Record<string, string> {
  const time = new Date(now).toISOString().replace(/[-:]|\.\d{3}/g, '');
  const day = time.slice(0, 'yyyyMMdd'.length);
  const sent = { ...given, 'x-amz-date': time, ...(sessionToken ? { 'x-amz-security-token': sessionToken } : {}) };
  const headers = Object.entries({ host: url.host, ...sent }).sort(([a], [b]) => (a < b ? -1 : 1));
  const names = headers.map(([name]) => name).join(';');
  const request = [
    method,
    url.pathname,
    url.search.slice(1),
    ...headers.map(([name, value]) => `${name}:${value}`),
    '',
    names,
    sha256(body),
  ].join('\n');
  const scope = [day, region, service, 'aws4_request'];
  const key = scope.reduce<string | Buffer>((from, part) => hmac(from, part).digest(), `AWS4${secretAccessKey}`);
  const signature = hmac(key, ['AWS4-HMAC-SHA256', time, scope.join('/'), sha256(request)].join('\n')).digest('hex');
  return {
    ...sent,
    authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope.join('/')}, SignedHeaders=${names}, Signature=${signature}`,
  };
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text);
