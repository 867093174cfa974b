import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refuseWithoutSubscription } from '../../stacks/subscription.ts';

describe('before a dashboard is made', () => {
  let answer: { status: number; headers?: Record<string, string>; body: string };
  let asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization?.split(',')[0]}`);
    response.writeHead(answer.status, answer.headers ?? {}).end(answer.body);
  });
  let endpoint = '';
  beforeAll(async () => {
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const address = server.address();
    endpoint = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  });
  afterAll(() => {
    server.close();
  });

  const ask = (owners = ['arn:aws:quicksight:us-east-1:123456789012:user/default/ann']): Promise<string | null> => {
    asked = [];
    return refuseWithoutSubscription({
      account: '123456789012',
      dashboards: owners.length > 0 ? { owners } : null,
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
      now: Date.parse('2026-11-01T00:00:00Z'),
      endpoint,
    });
  };
  const subscription = (AccountSubscriptionStatus: string, Edition: string): void => {
    answer = { status: 200, body: JSON.stringify({ AccountInfo: { AccountSubscriptionStatus, Edition } }) };
  };

  test('the account is asked in the region of its identities, and one that has Enterprise is taken', async () => {
    subscription('ACCOUNT_CREATED', 'ENTERPRISE_AND_Q');
    expect(await ask()).toBe(null);
    expect(asked).toEqual([
      'GET /account/123456789012 AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261101/us-east-1/quicksight/aws4_request',
    ]);
  });

  test('without a dashboard in the config nothing is asked', async () => {
    expect(await ask([])).toBe(null);
    expect(asked).toEqual([]);
  });

  test('an account without a subscription is refused in words', async () => {
    answer = { status: 404, headers: { 'x-amzn-errortype': 'ResourceNotFoundException:' }, body: '{}' };
    await expect(ask()).rejects.toThrow(
      'dashboards: account 123456789012 has no subscription to QuickSight; nothing was changed: subscribe',
    );
  });

  test.each([
    ['UNSUBSCRIBE_IN_PROGRESS', 'ENTERPRISE', 'is UNSUBSCRIBE_IN_PROGRESS'],
    ['ACCOUNT_CREATED', 'STANDARD', 'is STANDARD, not Enterprise'],
  ])('one that is %s and %s is refused in words', async (status, edition, words) => {
    subscription(status, edition);
    await expect(ask()).rejects.toThrow(words);
  });

  test('where it can’t be told, a warning says so, and nothing is refused', async () => {
    answer = { status: 403, headers: { 'x-amzn-errortype': 'AccessDeniedException' }, body: '{}' };
    expect(await ask()).toContain('which dashboards need: AccessDeniedException');
    answer = { status: 404, body: '<html></html>' };
    expect(await ask()).toContain('which dashboards need: status 404');
  });
});
