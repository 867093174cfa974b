/** The seeds as they are: what a user edits, held to what the views expect of them. */
import { describe, expect, test } from 'vitest';
import { loadSql } from '#host/sql-folder.ts';
import { SQL_FOLDER } from './lake-fixture.ts';

const { views } = await loadSql(SQL_FOLDER);
const rowsOf = (seed: string): Readonly<Record<string, string>>[] => [
  ...(views.find(({ name }) => name === `seed_${seed}`)?.rows ?? []),
];

test('the well-known providers are there, and complaints of those who send none are not observable', () => {
  const providers = new Set(rowsOf('mailbox_providers').map(({ provider }) => provider));
  const named =
    'gmail yahoo microsoft apple comcast gmx web.de mail.ru yandex proton orange free libero t-online qq 163 naver bt';
  expect([...providers].sort()).toEqual(named.split(' ').sort());
  const feedback = rowsOf('mailbox_providers').filter(
    ({ has_complaint_feedback }) => has_complaint_feedback === 'true',
  );
  expect([...new Set(feedback.map(({ provider }) => provider))].sort()).toEqual([
    'comcast',
    'libero',
    'mail.ru',
    'microsoft',
    'yahoo',
    'yandex',
  ]);
  // Who claims to see complaints says how.
  expect(feedback.filter(({ feedback_source = '' }) => !/Feedback|feedback|JMRP/.test(feedback_source))).toEqual([]);
  expect(rowsOf('mailbox_providers').filter(({ feedback_source }) => !feedback_source)).toEqual([]);
});

describe('status codes', () => {
  const codes = rowsOf('enhanced_status_codes');

  test('are of RFC 3463, in words, with what to do and who says so', () => {
    expect(codes.filter(({ status = '' }) => !/^[245]([.][0-7]([.]\d{1,3})?)?$/.test(status))).toEqual([]);
    const texts = codes.flatMap(({ meaning = '', what_to_do = '' }) => [meaning, what_to_do]);
    expect(texts.filter((text) => !/^[A-Z].*[.]$/.test(text) || text.length > 160)).toEqual([]);
    expect(codes.filter(({ source = '' }) => !/^(RFC \d{4}|IANA registry|Google|Microsoft)/.test(source))).toEqual([]);
  });

  test('that servers send most are there, and each class and subject has words', () => {
    const listed = new Set(codes.map(({ status }) => status));
    const named = '5.1.1 5.1.2 5.1.10 5.2.1 4.2.2 5.2.2 5.3.4 4.4.1 4.4.7 5.7.1 5.7.26 4.7.28 5.7.515 2 4 5'.split(' ');
    const subjects = [4, 5].flatMap((code) => [0, 1, 2, 3, 4, 5, 6, 7].map((subject) => `${code}.${subject}`));
    expect([...named, ...subjects].filter((status) => !listed.has(status))).toEqual([]);
  });
});

test('a sub-type counts as one of four things, and who says so stands beside it', () => {
  const VERDICTS = ['not_tried', 'listed', 'bad_address', 'bounce'];
  const subTypes = rowsOf('bounce_sub_types');
  expect(subTypes.filter(({ verdict = '' }) => !VERDICTS.includes(verdict))).toEqual([]);
  expect(
    subTypes.filter(({ source = '' }) => !/^(Amazon SES Developer Guide|third parties only)/.test(source)),
  ).toEqual([]);
});

test('the marks of mailbox hosts are of text in lower case, or the beginning of an address', () => {
  const PATTERNS: Record<string, RegExp> = { text: /^[^A-Z]{4,}$/, ip: /^(\d+[.]){1,3}$|^[0-9a-f]{4}:[0-9a-f:]+$/ };
  expect(rowsOf('mailbox_hosts').filter(({ mark = '', kind = '' }) => !PATTERNS[kind]?.test(mark))).toEqual([]);
});

test('thresholds are those that SES, Gmail and Yahoo publish', () => {
  expect(Object.fromEntries(rowsOf('thresholds').map(({ name, value }) => [name, Number(value)]))).toEqual({
    ses_bounce_recommended: 0.02,
    ses_bounce_review: 0.05,
    ses_bounce_pause: 0.1,
    ses_complaint_review: 0.001,
    ses_complaint_pause: 0.005,
    gmail_yahoo_spam_recommended: 0.001,
    gmail_yahoo_spam_limit: 0.003,
  });
});

test('every setting and threshold is asked for by a view, or said to be for something else', () => {
  const sql = views.filter(({ folder }) => folder !== 'seeds').map((view) => view.sql);
  const unused = [...rowsOf('settings'), ...rowsOf('thresholds')].filter(
    ({ name = '' }) => !sql.some((text) => text.includes(`'${name}'`)),
  );
  expect(unused).toEqual([]);
});
