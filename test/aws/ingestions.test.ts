import { createServer } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startIngestions } from '#aws/ingestions.ts';

/** As much of QuickSight as takes ingestions: one of an id, and so many a data set. */
const taken = new Map<string, number>();
const seen: string[] = [];
let throttled = 0;
const MOST = 2;

const server = createServer((request, response) => {
  const refuse = (status: number, name: string): void => {
    response.writeHead(status, { 'x-amzn-errortype': `${name}:http://internal.amazon.com/` }).end('{}');
  };
  const [, dataSet = '', ingestion = ''] =
    /^\/accounts\/123456789012\/data-sets\/([\w-]+)\/ingestions\/([\w-]+)$/.exec(request.url ?? '') ?? [];
  const isSigned = /\/eu-west-1\/quicksight\/aws4_request/.test(request.headers.authorization ?? '');
  request.resume().once('end', () => {
    if (request.method !== 'PUT' || ingestion === '' || !isSigned) return refuse(400, 'InvalidParameterValueException');
    if (throttled-- > 0) return refuse(429, 'ThrottlingException');
    if (dataSet.endsWith('-gone')) return refuse(404, 'ResourceNotFoundException');
    if (seen.includes(`${dataSet} ${ingestion}`)) return refuse(409, 'ResourceExistsException');
    const before = taken.get(dataSet) ?? 0;
    if (before === MOST) return refuse(409, 'LimitExceededException');
    taken.set(dataSet, before + 1);
    seen.push(`${dataSet} ${ingestion}`);
    response.writeHead(201).end(JSON.stringify({ IngestionStatus: 'INITIALIZED' }));
  });
});
let endpoint = '';
beforeAll(async () => {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  endpoint = `http://127.0.0.1:${Object(server.address()).port}`;
});
afterAll(() => {
  server.close();
});

const whose = {
  region: async () => 'eu-west-1',
  credentials: async () => ({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }),
};
const start = (ingestion: string, dataSets = ['facts', 'delays']) =>
  startIngestions(whose, { account: '123456789012', id: 'maillake-dev', dataSets, ingestion, endpoint });

test('each data set is read anew, once for an ingestion however often it is asked for', async () => {
  expect(await start('1f')).toEqual({ started: 2, refused: [] });
  expect(await start('1f')).toEqual({ started: 2, refused: [] });
  expect(seen).toEqual(['maillake-dev-facts 1f', 'maillake-dev-delays 1f']);
});

test('what passes is tried again', async () => {
  throttled = 3;
  expect(await start('2f')).toEqual({ started: 2, refused: [] });
  expect([...taken.values()]).toEqual([2, 2]);
});

test('what is refused is said by data set, and hinders no other', async () => {
  expect(await start('3f', ['gone', 'other', 'facts'])).toEqual({
    started: 1,
    refused: [
      { dataSet: 'maillake-dev-gone', error: new Error('QuickSight refused an ingestion: ResourceNotFoundException') },
      { dataSet: 'maillake-dev-facts', error: new Error('QuickSight refused an ingestion: LimitExceededException') },
    ],
  });
});

test('a service that can’t be reached hinders nothing but the refresh', async () => {
  const nowhere = {
    account: '123456789012',
    id: 'x',
    dataSets: ['facts'],
    ingestion: '4f',
    endpoint: 'http://127.0.0.1:1',
  };
  expect(await startIngestions(whose, nowhere)).toMatchObject({ started: 0, refused: [{ dataSet: 'x-facts' }] });
});
