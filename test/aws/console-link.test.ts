import { expect, test } from 'vitest';
import { consoleLink } from '#aws/console-link.ts';

test.each([
  ['eu-west-1', 'console.aws.amazon.com'],
  ['cn-north-1', 'console.amazonaws.cn'],
  ['us-gov-west-1', 'console.amazonaws-us-gov.com'],
])('an object in %s is shown by %s, to who has signed in', (region, host) => {
  expect(consoleLink(region, 'b', 'reports/a_b/1.html')).toBe(
    `https://${host}/s3/object/b?region=${region}&prefix=reports%2Fa_b%2F1.html`,
  );
});
