/** The two services that SST's command line itself talks to, on loopback: Parameter Store and S3, as far as it asks them. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';

export interface PretendedAws {
  address: string;
  /** loses all objects: SST's state of every stage */
  forget(): void;
  close(): Promise<void>;
}

const Parameter = z.object({ Name: z.string(), Value: z.string().exactOptional() });

/**
 * Holds what it is given, and one parameter: that this account has been set up for SST already.
 * @param elsewhere address of the rest of the account; without it nothing else is there
 */
export async function pretendAws(account: string, elsewhere?: string): Promise<PretendedAws> {
  const parameters = new Map([
    [
      '/sst/bootstrap',
      JSON.stringify({
        version: 99,
        asset: 'sst-asset',
        assetEcrRegistryId: account,
        assetEcrUrl: 'ecr',
        state: 'sst-state',
      }),
    ],
  ]);
  const objects = new Map<string, Buffer>();

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      // Who is killed while it asks waits for no answer.
      if (!request.complete) return;
      response.writeHead(500);
      response.end(String(error));
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await Array.fromAsync(request));
    const service = /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(request.headers.authorization ?? '')?.[1];
    if (service === 'ssm') answerParameter(request, body, response);
    else if (service === 's3' && request.url?.startsWith('/sst-')) answerObject(request, body, response);
    else if (elsewhere === undefined) answerAbsence(service, response);
    else await passOn(elsewhere, request, body, response);
  }

  function answerParameter({ headers }: IncomingMessage, body: Buffer, response: ServerResponse): void {
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    const { Name, Value } = Parameter.parse(JSON.parse(body.toString('utf8')));
    if (headers['x-amz-target'] === 'AmazonSSM.PutParameter') {
      parameters.set(Name, Value ?? '');
      response.end(JSON.stringify({ Version: 1 }));
      return;
    }
    const found = parameters.get(Name);
    if (found === undefined) response.statusCode = 400;
    response.end(
      JSON.stringify(
        found === undefined
          ? { __type: 'ParameterNotFound', message: Name }
          : { Parameter: { Name, Type: 'String', Value: found, Version: 1 } },
      ),
    );
  }

  function answerObject({ method, url = '' }: IncomingMessage, body: Buffer, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(url, 'http://localhost');
    if (method === 'PUT') {
      objects.set(pathname, body);
      response.setHeader('etag', '"1"');
      response.end();
      return;
    }
    if (method === 'DELETE') {
      objects.delete(pathname);
      response.statusCode = 204;
      response.end();
      return;
    }
    const found = objects.get(pathname);
    if (found) {
      response.end(found);
      return;
    }
    response.setHeader('content-type', 'application/xml');
    if (searchParams.has('list-type')) {
      response.end(
        '<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated><KeyCount>0</KeyCount></ListBucketResult>',
      );
      return;
    }
    response.statusCode = 404;
    response.end('<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>not there</Message></Error>');
  }

  /** In the words of every service that is asked: IAM speaks XML. */
  function answerAbsence(service: string | undefined, response: ServerResponse): void {
    if (service === 'iam') {
      response.writeHead(404, { 'content-type': 'text/xml' });
      response.end(
        '<ErrorResponse><Error><Code>NoSuchEntity</Code><Message>not there</Message></Error></ErrorResponse>',
      );
      return;
    }
    response.writeHead(404, { 'x-amzn-errortype': 'ResourceNotFoundException', 'content-type': 'application/json' });
    response.end(JSON.stringify({ __type: 'ResourceNotFoundException', message: 'not there' }));
  }

  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  return {
    address: `http://127.0.0.1:${typeof bound === 'object' ? bound?.port : ''}`,
    forget: () => objects.clear(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function passOn(
  address: string,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): Promise<void> {
  const headers = Object.entries(request.headers).flatMap(([name, value]): [string, string][] =>
    ['host', 'connection', 'content-length', 'transfer-encoding', 'expect'].includes(name)
      ? []
      : [[name, String(value)]],
  );
  const { method = 'GET', url = '' } = request;
  const answer = await fetch(address + url, {
    method,
    headers,
    ...(body.length > 0 ? { body: new Uint8Array(body) } : {}),
  });
  const said = Buffer.from(await answer.arrayBuffer());
  for (const [name, value] of answer.headers)
    if (!['content-length', 'content-encoding', 'transfer-encoding', 'connection'].includes(name))
      response.setHeader(name, value);
  response.writeHead(answer.status);
  response.end(said);
}
