import { expect, test } from 'vitest';
import type { Digest } from '#report/digest.ts';
import { mailOf } from '#report/mail.ts';
import { parsed, words } from './page-tags.ts';

const DIGEST: Digest = {
  title: 'E-mail deliverability',
  conditions: [],
  period: {
    from: '2026-11-23',
    to: '2026-11-29',
    before: { from: '2026-11-16', to: '2026-11-22' },
    shown: { from: '2026-11-16', to: '2026-11-29' },
  },
  asOf: '30 Nov 2026, 05:55 UTC',
  summary: {
    incidents: [
      {
        isEarlier: false,
        when: 'On Tuesday 24 November',
        what: 'Microsoft turned away 59.0% of the mail sent there',
        compared: '49 of 83, where 0.56% was expected',
        whose: 'All of it was from news.example.com.',
        why: 'The most frequent answer, 5.7.1, means: refused by policy.',
        said: 'Servers said “550 5.7.1 <b>” (all 49 times).',
        todo: 'Check block lists.',
      },
      {
        isEarlier: true,
        when: 'On Friday 20 November',
        what: 'only 80.0% of all mail was delivered within 24 hours',
        compared: '80 of 100, where 98.0% was expected',
        whose: null,
        why: null,
        said: null,
        todo: null,
      },
    ],
    more: 1,
    calm: null,
    standings: [
      { kind: 'ok', says: 'OK', text: 'Hard bounces: 1.00% of the latest 900 mails, below the first limit of 2%.' },
      { kind: 'watch', says: 'Watch', text: 'Complaints: 0.12% of the latest 900 mails, past the limit of 0.1%.' },
    ],
  },
  figures: [
    { label: 'Sent', figure: '4,000', of: 'mails, counted by recipient', change: { says: '+100%' } },
    {
      label: 'Hard bounces',
      figure: '1.00%',
      of: '40 bounced permanently of 4,000 sent',
      change: { says: '+0.80 points', verdict: 'worse', hours: 24 },
    },
    { label: 'Complaints', figure: '–', of: 'no provider that reports them', change: null },
  ],
  accounted: { kind: 'ok', says: 'OK', text: 'All 12,345 records of the lake are accounted for.' },
};
const WHERE = { attached: 'deliverability-2026-11-23_2026-11-29.html', link: 'https://console.example/s3?a=1&b=2' };

test('the text says the report’s first parts, in its own words', () => {
  expect(mailOf(DIGEST, WHERE)).toMatchObject({
    subject: 'E-mail deliverability, 23–29 Nov 2026: 1 incident, 1 limit near or passed',
    text: `E-mail deliverability
23–29 Nov 2026, compared with 16–22 Nov 2026.
Counted by the day of sending, in UTC. Data as of 30 Nov 2026, 05:55 UTC.

WHAT STANDS OUT
1. On Tuesday 24 November Microsoft turned away 59.0% of the mail sent there: 49 of 83, where 0.56% was expected.
   All of it was from news.example.com.
   The most frequent answer, 5.7.1, means: refused by policy.
   Servers said “550 5.7.1 <b>” (all 49 times).
   What to do: Check block lists.
2. Before this period. On Friday 20 November only 80.0% of all mail was delivered within 24 hours: 80 of 100, where 98.0% was expected.
1 more incident, told on the page.
[OK] Hard bounces: 1.00% of the latest 900 mails, below the first limit of 2%.
[Watch] Complaints: 0.12% of the latest 900 mails, past the limit of 0.1%.

NUMBERS
Sent             4,000  mails, counted by recipient (+100%)
Hard bounces     1.00%  40 bounced permanently of 4,000 sent (+0.80 points, worse, after 24 h)
Complaints           –  no provider that reports them

DATA
[OK] All 12,345 records of the lake are accounted for.

The whole report is attached: deliverability-2026-11-23_2026-11-29.html. Who may sign in to the AWS account finds it here, too:
https://console.example/s3?a=1&b=2

Made by Maillake. Rates leave out mailbox simulator addresses.
`,
  });
});

test('the HTML says the same, loads nothing, and is far below what Gmail cuts off', () => {
  const { html, subject } = mailOf(DIGEST, WHERE);
  const document = parsed(html);
  expect(words(document.querySelector('title'))).toBe(subject);
  expect(document.querySelectorAll('.incident').map(words)).toEqual([
    'On Tuesday 24 November Microsoft turned away 59.0% of the mail sent there: 49 of 83, where 0.56% was expected. All of it was from news.example.com. The most frequent answer, 5.7.1, means: refused by policy. Servers said “550 5.7.1 <b>” (all 49 times). What to do: Check block lists.',
    'Before this period. On Friday 20 November only 80.0% of all mail was delivered within 24 hours: 80 of 100, where 98.0% was expected.',
  ]);
  expect(document.querySelectorAll('table table table tr').map(words)).toEqual([
    'Number Value Of what, and its change',
    'Sent 4,000 mails, counted by recipient+100%',
    'Hard bounces 1.00% 40 bounced permanently of 4,000 sent+0.80 points, worse, after 24 h',
    'Complaints – no provider that reports them',
  ]);
  const attributes = document.querySelectorAll('*').flatMap((tag) => [...tag.attributes]);
  expect(attributes.filter(({ name }) => /^(src|srcset|background|on.*)$/.test(name))).toEqual([]);
  expect(attributes.filter(({ name }) => name === 'href').map(({ value }) => value)).toEqual([WHERE.link]);
  expect(html).not.toMatch(/url\(|@import|<(script|img|link|iframe|b)\b/);
  expect(Buffer.byteLength(html)).toBeLessThan(102_000);
});

test('what data hold is text in the HTML, and can add no line to the subject', () => {
  const hostile = '"><script>alert(1)</script>\r\nBcc: x@example.com';
  const { html, subject } = mailOf(
    {
      ...DIGEST,
      title: hostile,
      conditions: [
        { column: 'tenant', name: 'tenant', plural: 'tenants', says: 'for', option: '--tenant', value: hostile },
      ],
    },
    { ...WHERE, link: null },
  );
  expect(parsed(html).querySelector('script')).toBeNull();
  expect(words(parsed(html).querySelector('h1'))).toBe('"><script>alert(1)</script> Bcc: x@example.com');
  expect(subject).toBe(
    '"><script>alert(1)</script> Bcc: x@example.com, 23–29 Nov 2026: 1 incident, 1 limit near or passed',
  );
  expect(html).not.toContain('sign in');
});

test('days without mail, and a lake without any, are said', () => {
  const empty = { ...DIGEST, summary: null, figures: [] };
  expect(mailOf(empty, WHERE).subject).toBe('E-mail deliverability, 23–29 Nov 2026: no mail was sent');
  expect(mailOf({ ...empty, period: null }, WHERE).text).toContain('No mail was sent in these days');
  const calm = { incidents: [], more: 0, calm: 'No incident.', standings: [] };
  expect(mailOf({ ...DIGEST, summary: calm }, WHERE).subject).toBe(
    'E-mail deliverability, 23–29 Nov 2026: nothing stands out',
  );
});
