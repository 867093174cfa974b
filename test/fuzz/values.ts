/** Values that senders, receivers and attackers put into fields, by what the field means. */
import type { Random } from '#generate/sender/random.ts';
import { type Tree, Verbatim } from './tree.ts';

type Make = (random: Random) => Tree;

const one =
  (...values: readonly Tree[]): Make =>
  (random) =>
    random.pick(values);

/** A text repeated so often that what takes the square of its length shows. */
const long =
  (...units: readonly string[]): Make =>
  (random) =>
    `${random.pick(['', 'a', '(', '"', '1'])}${random.pick(units).repeat(random.between(1, random.pick([40, 400, 4000])))}${random.pick(['', 'x', '!', '"', '>'])}`;

const TIMES = one(
  ...['2026-03-02T08:15:30.120Z', '2018-10-08T14:05:45 +0000', '2016-12-31T23:59:60Z', '2026-02-30T00:00:00Z'],
  ...['2026-03-02T24:00:00Z', '2026-03-02', '20260302', 'Mon, 2 Mar 2026 08:15:29 +0000 (UTC)', '1 Jan 70 00:00 EST'],
  ...['+275760-09-13T00:00:00.001Z', '-271821-04-20T00:00:00Z', '', ' ', 'now', '1e12', '0x10', '12345', '-1'],
  ...[0, -0, -1, 0.5, 1.5e12, 1564618621380.75, 8.64e15, 8.64e15 + 2, -8.64e15, 9.1e15, 1e21, 5e-324, true, []],
  new Verbatim('9007199254740993'),
  new Verbatim('1564618621380.000'),
  new Verbatim('1e400'),
  new Verbatim('-0'),
);

const NUMBERS = one(
  ...[
    0,
    -0,
    1,
    -1,
    0.1,
    1.5,
    2 ** 31,
    2 ** 53,
    -(2 ** 53) - 2,
    1e15,
    1e300,
    5e-324,
    '12',
    ' 7 ',
    '1.0',
    '1.5',
    '+3',
    '0x1',
  ],
  ...['9223372036854775807', '9223372036854775808', '-9223372036854775808', '1e3', 'NaN', 'Infinity', '١٢', '1_000'],
  ...[
    '9223372036854775807',
    '9223372036854775808',
    '-9223372036854775809',
    '18446744073709551616',
    '1e19',
    '1E-400',
  ].map((text) => new Verbatim(text)),
  ...['1e400', '-1e400', '9007199254740993.5', '9007199254740993.0', '1.0000000000000000000001', '0.0001e24'].map(
    (text) => new Verbatim(text),
  ),
  new Verbatim(`1${'0'.repeat(400)}`),
  new Verbatim(`1${'0'.repeat(300)}1`),
  new Verbatim(`9007199254740993.${'0'.repeat(3000)}1`),
);

const ADDRESSES = one(
  ...[
    '',
    ' ',
    '@',
    'a@',
    '@b',
    'a',
    'a@b',
    'A@B.EXAMPLE',
    'a@b@c.org',
    '"a b"@c.org',
    '"a@b" <c@d.org>',
    '<>',
    '<a@b.org',
  ],
  ...[
    'Jo <jo@example.org>',
    'Doe, Jo <jo@example.org>',
    'a@b.org, c@d.org; e@f.org',
    'g: a@b.org, c@d.org;',
    '(c) a@b.org',
  ],
  ...[
    'a@münchen.example',
    'a@[192.0.2.1]',
    'a@1.2.3.4',
    'a@b..org',
    'a@b.org.',
    'a@%41.org',
    '=?utf-8?B?w6Q=?= <a@b.org>',
  ],
  ...[
    '=?utf-8?Q?=C3?= <a@b.org>',
    '=?x-none?Q?a?= <a@b>',
    'a\u0000@b.org',
    'a@\ud800.org',
    '\u202ea@b.org',
    'a@xn--a.org',
  ],
  ...['"\\', '"\\"', '(\\', '((a)', '"a(b"c) <d@e.org>', 'a@b.org\r\nBcc: c@d.org', 'a@b.org,,,;;;', ',', ';', ':;'],
);

const LINKS = one(
  ...[
    '',
    ' ',
    'https://a.example/?utm_source=x&utm_source=y&amp;utm_term=%',
    'mailto:a@b.org',
    'javascript:alert(1)',
    'http://',
  ],
  ...[
    '//x',
    'x',
    'a.example:8080/x',
    'http://münchen.example/ä?ü=ö#ß',
    'http://[::1]/',
    'http://[::',
    'http://1.2.3',
    'file:///',
  ],
  ...[
    'http://a/%',
    'http://a/%ff?utm_campaign=%ff',
    'http://a/?UTM_SOURCE=%E0%A4%A',
    'data:,x',
    'http://a:99999/',
    'blob:x',
  ],
  ...[
    'http://a/?utm_source',
    'http://a/?utm_source=',
    'http://a/?=&&==&',
    'http://\ud800/',
    'http://a/\u0000',
    'http:a?b',
  ],
);

const AGENTS = one(
  ...[
    '',
    ' ',
    'Mozilla/5.0',
    'Mozilla/5.0 (',
    'GoogleImageProxy',
    'curl/8',
    'Googlebot/2.1',
    '\u0000',
    'Version/1.1.1.1.',
  ],
  ...[
    'Mozilla/5.0 (iPhone; CPU) AppleWebKit/605 (KHTML, like Gecko) Mobile/15E148',
    'Bowser',
    '__proto__',
    '))))',
    '\\',
  ],
);

const TEXTS = one(
  ...[
    '',
    'null',
    'undefined',
    ' ',
    '\u0000',
    '\u2028',
    '😀',
    'e\u0301',
    '\ufffd',
    '\ufeff',
    '=cmd|x',
    '<script>',
    "';--",
    '\x1b[2J',
  ],
  ...[
    '=?utf-8?Q?a?= =?utf-8?B?Yg==?=',
    '=?utf-8?B?####?=',
    '=?iso-2022-jp?B?GyRC?=',
    '=?utf-7?Q?+AGE-?=',
    '=?utf-8?Q?=?=',
  ],
  ...[
    '__\u0000JOIN\u0000__=?',
    'true',
    'FALSE',
    '1',
    'Permanent',
    'transient ',
    'OptOut',
    '__proto__',
    'constructor',
    'toString',
  ],
  ...['\ud800', '\udc00x', 'a\ud83d'].map((text) => JSON.stringify(text)),
  new Verbatim('"\\ud800"'),
  new Verbatim('"\\udc00\\ud800"'),
  new Verbatim('"\\u0000"'),
  new Verbatim('"a\tb\0c"'),
);

const LONG = long(
  ...[
    ' ',
    '\t',
    ':',
    ';',
    ',',
    '@',
    '(',
    ')',
    '"',
    '\\"',
    '\\(',
    '<',
    '>',
    '<a>b',
    'a@b.org,',
    'a',
    '1',
    '0',
    '.',
    '1.',
    '%',
    '=',
  ],
  ...[
    '=?',
    '=?a?Q?',
    '=?utf-8?Q?a?= ',
    '=?utf-8?B?YQ==?=',
    '\u0001',
    'é',
    '\ud83d\ude00',
    '&utm_source=1',
    '../',
    '((',
    '\n ',
    'A=',
    ': ',
  ],
);

/** What a field is taken for, by its name; the first that fits. */
const KINDS: readonly (readonly [RegExp, Make])[] = [
  [/time|date|expiration|arrival/i, TIMES],
  [/address|recipient|destination|^from$|^to$|source$|reply|envelope/i, ADDRESSES],
  [/link|feedback|url/i, LINKS],
  [/agent/i, AGENTS],
  [/milli|count|position|id$/i, NUMBERS],
];

/** A value for a field of that name: mostly of its kind, sometimes of another, sometimes long. */
export function valueFor(name: string, random: Random): Tree {
  const other = random.pick([TIMES, NUMBERS, ADDRESSES, LINKS, AGENTS, TEXTS, LONG]);
  if (random.chance(0.35)) return other(random);
  const kind = KINDS.find(([pattern]) => pattern.test(name))?.[1] ?? TEXTS;
  return random.chance(0.12) ? LONG(random) : kind(random);
}
