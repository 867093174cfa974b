/** The two services that SST's command line itself talks to, on loopback: Parameter Store and S3, as far as it asks them. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';

export interface PretendedAws {
  address: string;
  close(): Promise<void>;
}

const Parameter = z.object({ Name: z.string(), Value: z.string().exactOptional() });

/** Holds what it is given, and one parameter: that this account has been set up for SST already. */
export async function pretendAws(account: string): Promise<PretendedAws> {
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

  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await Array.fromAsync(request));
    if (request.headers['x-amz-target']) answerParameter(request, body, response);
    else answerObject(request, body, response);
  });

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

  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  return {
    address: `http://127.0.0.1:${typeof bound === 'object' ? bound?.port : ''}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
