import { describe, expect, test } from 'vitest';
import { ErasedPersons } from '#lake/decode/erased-persons.ts';
import { Pseudonyms } from '#lake/decode/pseudonyms.ts';
import { KEYED_HASH } from '#test/fuzz/both-ways.ts';

const ANN = 'ann.doe+news@example.org';
const UNTIL = Date.parse('2026-10-10T00:00:00Z');
const OLD = UNTIL - 86_400_000;
const persons = new ErasedPersons(KEYED_HASH, { [KEYED_HASH.hex(ANN)]: UNTIL });
const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** What is left of a text in an event about mail to somebody else. */
const left = (text: string, sent_at = OLD): string =>
  persons.withoutThem('events', { recipient_key: 'bob@example.net', sent_at, diagnostic_code: text })
    ?.diagnostic_code ?? '';

describe('in a text a person gives way to a word', () => {
  test.each([
    ['550 <ann.doe+news@example.org>: unknown', '550 <erased>: unknown'],
    ['to ANN.DOE+news@Example.ORG.', 'to erased.'],
    ['https://t.example/u?e=ann.doe%2Bnews%40example.org&c=1', 'https://t.example/u?e=erased&c=1'],
    ['e=ann.doe%2Bnews%40example.org', 'e=erased'],
    ['a=1&friend=ann.doe%2Bnews%2540example.org', 'a=1&friend=erased'],
    ['ask ann.doe+news@example.org.Thanks', 'ask erased.Thanks'],
    ['ann.doe+news@example.org_1', 'erased_1'],
    ['x=3Dann.doe+news=40example.org', 'x=3Derased'],
    ['bounce+ann.doe+news=example.org@news.example', 'erased'],
    ['srs0=x=yz=example.org=ann.doe+news@fwd.example', 'erased'],
    [`=?utf-8?B?${base64('Hi ann.doe+news@example.org')}?=`, 'Hi erased'],
    [`t=${base64('{"e":"ann.doe+news@example.org"}')}`, `t=${base64('{"e":"erased"}').replace(/=+$/, '')}`],
    ['ann=2Edoe=2Bnews=40example=2Eorg', 'erased'],
    ['ann.doe+news=40exam=\r\nple.org', 'erased'],
    ['ann.doe+news@example.org=\nand, ann.doe+n=\news@example.org', 'erasedand, erased'],
    ['?e=%61nn.doe%2Bnews%40example%2Eorg_1', '?e=erased_1'],
    ['Ann \\u003cann.doe+news@example.org\\u003e', 'Ann \\u003cerased\\u003e'],
    ['by \\"Ann\\",\\r\\n\\tann.doe+news@example.org', 'by \\"Ann\\",\\r\\n\\terased'],
    [
      `/u/${base64('ann.doe+news@example.org')}/${base64(' ann.doe+news@example.org').replace(/=+$/, '')}`,
      `/u/${base64('erased')}/${base64(' erased')}`,
    ],
  ])('%s', (text, expected) => {
    expect(left(text).replace(/=+$/, '')).toBe(expected.replace(/=+$/, ''));
    expect(persons.isIn(text)).toBe(true);
  });

  test.each([
    'doe+news@example.org',
    'joann.doe+news@example.org',
    'ann.doe+news@example.org.uk',
    'ann.doe@example.org',
    'bob@example.net and others',
    'erased',
    base64('{"e":"bob@example.net"}'),
  ])('and nobody else: %s', (text) => {
    expect(left(text)).toBe(text);
  });

  test('if the mail was sent until the request, by the clock of the sender or of the lake', () => {
    expect(left(ANN, UNTIL)).toBe('erased');
    expect(left(ANN, UNTIL + 1)).toBe(ANN);
    const late = { recipient_key: ANN, sent_at: UNTIL + 1 };
    expect(persons.withoutThem('events', late)).toBe(late);
    expect(persons.withoutThem('events', { ...late, delivered_to_lake_at: UNTIL })).toBeNull();
    expect(persons.withoutThem('clicks', { ...late, sent_at: null, occurred_at: UNTIL })).toBeNull();
  });
});

test('a row about the person goes, and others lose no more than what names the person', () => {
  const row = {
    recipient_key: 'bob@example.net',
    sent_at: OLD,
    from_address: ANN,
    from_name: 'Ann Doe',
    reply_to: `Bob <bob@example.net>, "Doe, Ann" <${ANN}>`,
    subject: 'your order',
    tags: JSON.stringify({ friend: [ANN], 'ses:x': ['1'] }),
    source_key: `raw/${ANN}`,
  };
  expect(persons.withoutThem('events', { ...row, recipient_key: ANN })).toBeNull();
  expect(persons.withoutThem('events', row)).toEqual({
    ...row,
    from_address: 'erased',
    from_name: null,
    reply_to: 'Bob <bob@example.net>; erased',
    tags: JSON.stringify({ friend: ['erased'], 'ses:x': ['1'] }),
  });
  const others = { ...row, from_address: null, reply_to: null, tags: null };
  expect(persons.withoutThem('events', others)).toBe(others);
});

test('where addresses are hashed the same key finds the person', () => {
  const hash = new Pseudonyms(KEYED_HASH).address(ANN);
  expect(persons.withoutThem('events', { recipient_key: hash, sent_at: OLD })).toBeNull();
  expect(left(`https://t.example/u?e=${hash.replace('@', '%40')}`)).toBe('https://t.example/u?e=erased');
});

test('a quarantined record that names the person keeps its place, and nothing of its content', () => {
  const row = {
    source_key: 'k',
    reason: 'json',
    detail: '$: unexpected end',
    raw: base64(`{"to":"ann.doe+news\\u0040example.org`),
  };
  expect(persons.quarantined(row)).toEqual({ ...row, detail: 'erased', raw: null });
  const mime = base64(`${' '.repeat(47)}${ANN}`).replace(/.{76}/g, '$&\r\n');
  for (const text of [
    `,\r\n\t${ANN}`,
    `Ann \u003c${ANN}\u003e`,
    `\u0022${ANN}`,
    ANN.replace('a', '\u0061'),
    ANN.replace('news', 'ne=\r\nws'),
    ANN.replace('.', '=2E'),
    mime,
  ]) {
    // As text, in JSON, and in JSON within JSON.
    const nested = [text, JSON.stringify(text), JSON.stringify(JSON.stringify(text))];
    for (const one of nested) expect(persons.quarantined({ ...row, raw: base64(one) }).raw, one).toBe(null);
    for (const one of nested)
      expect(persons.quarantined({ ...row, detail: one, raw: null }).detail, one).toBe('erased');
    const escaped = JSON.stringify(text).replace(/[<>"]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`);
    expect(persons.quarantined({ ...row, raw: base64(escaped) }).raw, escaped).toBe(null);
  }
  const other = { ...row, raw: base64('{"to":"bob@example.net') };
  expect(persons.quarantined(other)).toBe(other);
});

test('in time that grows with the text', () => {
  const parts = [
    'a=',
    '=a@b.',
    'x&y=a@b.c.',
    '%3Da@',
    '@a.b.c',
    'ann=example.org@',
    '=4',
    'QA',
    '%61',
    '=',
    '=\n',
    '\\',
  ];
  for (const part of [...parts, '\\u0040', '\\n', 'A', `${'aQA'.repeat(30)}\\n`, '@a-', 'a-']) {
    const took = [1000, 10_000].map((times) => {
      const before = process.threadCpuUsage();
      persons.isIn(`${part.repeat(times)}@${'x.'.repeat(times)}com`);
      return process.threadCpuUsage(before).user / 1000;
    });
    expect(took[1], part).toBeLessThan(Math.max(1000, 80 * (took[0] ?? 0)));
  }
});
