/** Generates faults 18 to 26 of test/README.md: unusual names, numbers and fields. */
import { MINUTE_MS } from '#lake/days.ts';
import { isoOf } from '../sender/calendar.ts';
import { otherPinpointEvent } from '../sender/noise.ts';
import { type Bench, delivered, lines, recordOf, sent, swapped } from './bench.ts';

/** Faults 18 to 26: names, numbers, missing and mistyped fields. */
export const VALUE_FAULTS: readonly (readonly [row: number, make: (bench: Bench) => void])[] = [
  [18, duplicateKeys],
  [19, prototypeKeys],
  [20, numbers],
  [21, loneSurrogate],
  [22, depth],
  [23, unknownTypes],
  [24, missingFields],
  [25, wrongTypes],
  [26, unknownFields],
];

const START = '{"eventType":"Send"';

function duplicateKeys(bench: Bench): void {
  const type = swapped(bench.good(), START, '{"eventType":"Delivery","eventType":"Send"');
  const tag = swapped(bench.good(), '"campaign":["fault-18"]', '"campaign":["another"],"campaign":["fault-18"]');
  bench.put(lines([type, tag]), [['rows', 2]]);
}

function prototypeKeys(bench: Bench): void {
  const keys = '"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}},"toString":"x"';
  const top = swapped(bench.good(), START, `${START},${keys}`);
  const tags = swapped(bench.good(), '"tags":{', '"tags":{"__proto__":["x"],"constructor":["y"],');
  bench.put(lines([top, tags]), [['rows', 2]]);
}

function numbers(bench: Bench): void {
  const time = '"processingTimeMillis":2000';
  const mail = bench.letter();
  const [exact = ''] = bench.book(mail, [delivered(mail)]);
  const extra = swapped(bench.good(), START, `${START},"trace":12345678901234567890`);
  const other = bench.letter();
  const infinite = swapped(recordOf(other, delivered(other)), time, '"processingTimeMillis":1e400');
  bench.put(lines([swapped(exact, time, '"processingTimeMillis":9007199254740993'), extra, infinite]), [
    ['rows', 2],
    ['Q number', 1],
  ]);
}

function loneSurrogate(bench: Bench): void {
  bench.put(lines([bench.good(bench.letter({ subject: 'half \ud83d of an emoji' }))]), [['rows', 1]]);
}

function depth(bench: Bench): void {
  const [before = '', after = ''] = bench.goods(2);
  const deep = `${START},"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
  bench.put(
    lines([before, deep, after]),
    [
      ['rows', 2],
      ['Q too_deep', 1],
    ],
    { ending: '.gz', gzip: true },
  );
}

function unknownTypes(bench: Bench): void {
  const ses = ['Teleport', 'Received'].map((type) => swapped(bench.bad(), START, `{"eventType":"${type}"`));
  const topic = '{"notificationType":"AmazonSnsSubscriptionSucceeded","message":"You have successfully subscribed."}';
  bench.put(lines([bench.good(), ...ses, topic, '{"hello":"world"}']), [
    ['rows', 1],
    ['skipped ses:Teleport', 1],
    ['skipped ses:Received', 1],
    ['skipped AmazonSnsSubscriptionSucceeded', 1],
    ['skipped unrecognized', 1],
  ]);
  const types = ['_SMS.SUCCESS', '_campaign.send', '_journey.send', '_test.event_stream', '_email.teleported'];
  const others = types.map((type) => otherPinpointEvent(type, bench.at, bench.random));
  const expectations = types.map((type) => [`skipped ${type}`, 1] as const);
  bench.put([bench.good(bench.pinpointLetter()), ...others].join(''), [['rows', 1], ...expectations], {
    folder: 'pinpoint',
    stream: 'pinpoint-events',
  });
}

function missingFields(bench: Bench): void {
  const opened = bench.letter();
  const open = recordOf(opened, {
    type: 'open',
    at: opened.sentAt + MINUTE_MS,
    who: [0],
    ip: '192.0.2.9',
    agent: 'x',
    isHuman: true,
  });
  const ses = [
    swapped(bench.bad(), /"messageId":"[^"]*",/, ''),
    swapped(bench.bad(), ',"send":{}', ''),
    swapped(bench.bad(), '"mail":{"timestamp":', '"mail":{"time":'),
    swapped(bench.bad(), '"mail":{', '"letter":{'),
    swapped(open, '"open":{"timestamp":', '"open":{"time":'),
  ];
  bench.put(lines([bench.good(), ...ses]), [
    ['rows', 1],
    ['Q missing_field', ses.length],
  ]);
  const bad = (): string => bench.bad(bench.pinpointLetter());
  const pinpoint = [
    swapped(bad(), '"facets":{', '"faucets":{'),
    swapped(bad(), '"message_id":', '"message_number":'),
    swapped(bad(), /"event_timestamp":\d+,"arrival_timestamp":\d+,/, ''),
    swapped(bad(), ',"send":{}', ''),
  ];
  bench.put(
    [...pinpoint, bench.good(bench.pinpointLetter())].join(''),
    [
      ['rows', 1],
      ['Q missing_field', pinpoint.length],
    ],
    { folder: 'pinpoint', stream: 'pinpoint-events', ending: '.gz', gzip: true },
  );
}

function wrongTypes(bench: Bench): void {
  const delivery = (): string => {
    const mail = bench.letter();
    return bench.book(mail, [delivered(mail)])[0] ?? '';
  };
  const to = bench.letter();
  const readable = [
    swapped(delivery(), '"processingTimeMillis":2000', '"processingTimeMillis":"2000"'),
    swapped(delivery(), '"headersTruncated":false', '"headersTruncated":"false"'),
    swapped(bench.good(), '"subject":"Fault 25"', '"subject":25'),
    swapped(
      bench.good(to),
      `"destination":["${to.recipients[0]?.address}"]`,
      `"destination":"${to.recipients[0]?.address}"`,
    ),
    swapped(delivery(), /"recipients":\[[^\]]*\]/, '"recipients":null'),
  ];
  const bad = bench.letter();
  const wrong = [
    swapped(bench.bad(), /"messageId":"[^"]*"/, '"messageId":{"id":1}'),
    swapped(bench.bad(), '"mail":{', '"mail":"text","letter":{'),
    swapped(bench.bad(), /"timestamp":"[^"]*"/, '"timestamp":true'),
    swapped(recordOf(bad, delivered(bad)), '"processingTimeMillis":2000', '"processingTimeMillis":"soon"'),
    swapped(bench.bad(), '"destination":[', '"destination":[{"to":"x"},'),
  ];
  bench.put(lines([...readable, ...wrong]), [
    ['rows', readable.length],
    ['Q wrong_type', wrong.length],
  ]);
}

function unknownFields(bench: Bench): void {
  const mail = bench.letter();
  const [send = '', delivery = ''] = bench.book(mail, [sent(mail), delivered(mail)]);
  const records = [
    swapped(send, START, `${START},"relay":{"name":"mx9","hops":[1,2,{"at":"${isoOf(mail.sentAt)}"}]}`),
    swapped(delivery, '"delivery":{', '"delivery":{"queue":"fast","retries":0,'),
    swapped(bench.good(), '"mail":{', '"mail":{"priority":"bulk","debug":null,'),
  ];
  bench.put(lines(records), [['rows', records.length]]);
}
