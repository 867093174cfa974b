import { expect, test } from 'vitest';
import { signedHeaders } from '#aws/signed-request.ts';

const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const WHEN = Date.parse('2015-08-30T12:36:00Z');

test('a request is signed as in AWS’s own test suite (get-vanilla)', () => {
  const request = {
    method: 'GET',
    url: new URL('https://example.amazonaws.com/'),
    service: 'service',
    region: 'us-east-1',
  } as const;
  expect(signedHeaders(request, KEYS, WHEN)).toEqual({
    'x-amz-date': '20150830T123600Z',
    authorization:
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, ' +
      'Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  });
});

test('what is said of a session is signed, too', () => {
  const request = {
    method: 'GET',
    url: new URL('https://a.example/'),
    service: 'quicksight',
    region: 'eu-west-1',
  } as const;
  const headers = signedHeaders(request, { ...KEYS, sessionToken: 'token' }, WHEN);
  expect(headers['x-amz-security-token']).toBe('token');
  expect(headers.authorization).toContain('SignedHeaders=host;x-amz-date;x-amz-security-token,');
  expect(headers.authorization).not.toBe(signedHeaders(request, KEYS, WHEN).authorization);
});
