/** Fault 68: however the same records arrive, the settled tables are the same but for lineage. */

import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HOUR_MS } from '#lake/days.ts';
import { pinpointEvent, SENT, sesBounce, sesClick, sesDelivery, sesOpen, sesSend } from '#test/records.ts';
import { settledTables } from '#test/settled-tables.ts';
import { smallLake } from '#test/small-lake.ts';

const two = ['ann@example.org', 'Bob <BOB@example.net>'];
const RECORDS: object[] = [
  sesSend(),
  sesDelivery(),
  sesOpen(),
  sesClick(),
  sesClick({ at: SENT + 95_000, link: 'https://shop.example.com/unsubscribe' }),
  sesSend({ messageId: 'm2', to: two }),
  sesDelivery({ messageId: 'm2', to: two }),
  sesBounce({ messageId: 'm2', to: two, bounced: ['bob@example.net'] }),
  sesOpen({ messageId: 'm2', to: two }),
  pinpointEvent('_email.send', { send: {} }),
  pinpointEvent('_email.delivered', {
    delivery: {
      smtp_response: '250 ok',
      reporting_mta: 'a.example.net',
      recipients: ['bob@example.net'],
      processing_time_millis: 900,
    },
  }),
  pinpointEvent('_email.open', { open: { ip_address: '192.0.2.9', user_agent: 'Mozilla/5.0' } }, { at: SENT + 40_000 }),
  { eventType: 'Send', mail: { messageId: 'm3' } },
  pinpointEvent('_campaign.send', {}),
  { eventType: 'Nonsense', mail: { messageId: 'm4' } },
];

type Wrap = 'none' | 'sns' | 'sns object' | 'sqs sns' | 'lambda' | 'eventbridge';
const wrap = (record: object, how: Wrap): object => {
  const message = JSON.stringify(record);
  switch (how) {
    case 'none':
      return record;
    case 'sns':
      return { Type: 'Notification', MessageId: 'x', Message: message };
    case 'sns object':
      return { Type: 'Notification', Message: record };
    case 'sqs sns':
      return { messageId: 'q', body: JSON.stringify({ Type: 'Notification', Message: message }) };
    case 'lambda':
      return { Records: [{ EventSource: 'aws:sns', Sns: { Message: message } }] };
    case 'eventbridge':
      return { version: '0', 'detail-type': 'Email Event', source: 'aws.ses', detail: record };
  }
};

const join = (records: object[], how: 'lines' | 'crlf' | 'concatenated' | 'pretty' | 'array'): string => {
  const texts = records.map((record) => JSON.stringify(record, null, how === 'pretty' ? 2 : 0));
  if (how === 'array') return `[${texts.join(',')}]`;
  return texts.join({ lines: '\n', crlf: '\r\n', concatenated: '', pretty: '\n\n' }[how]);
};

const wraps = fc.constantFrom<Wrap>('none', 'sns', 'sns object', 'sqs sns', 'lambda', 'eventbridge');
const arrivals = fc.array(fc.tuple(fc.nat(RECORDS.length - 1), wraps), { maxLength: 12 }).chain((repeats) =>
  fc.record({
    deliveries: fc
      .tuple(...RECORDS.map((_, i) => fc.tuple(fc.constant(i), wraps)))
      .chain((all) => fc.shuffledSubarray([...all, ...repeats], { minLength: all.length + repeats.length })),
    cuts: fc.array(fc.nat(RECORDS.length + 12), { maxLength: 4 }),
    joins: fc.array(fc.constantFrom('lines' as const, 'crlf', 'concatenated', 'pretty', 'array'), {
      minLength: 6,
      maxLength: 6,
    }),
    gzips: fc.array(fc.constantFrom('none' as const, 'gzip', 'members'), { minLength: 6, maxLength: 6 }),
    names: fc.uniqueArray(fc.stringMatching(/^[a-z0-9 =+%é]{1,12}$/), { minLength: 6, maxLength: 6 }),
    folders: fc.array(fc.constantFrom('', 'ses/2026/10/05/09/', 'year=2026/', 'a b/'), { minLength: 6, maxLength: 6 }),
    batches: fc.boolean(),
  }),
);

describe('the same records', () => {
  test('fault 68: in any chunking, order, duplication, compression, naming and envelope give the same settled tables', async () => {
    const plain = await smallLake();
    plain.put('all', join(RECORDS, 'lines'));
    await plain.run();
    const expected = await settledTables(plain);
    await plain.close();
    expect(expected.events).toHaveLength(14);

    await fc.assert(
      fc.asyncProperty(arrivals, async ({ deliveries, cuts, joins, gzips, names, folders, batches }) => {
        const small = await smallLake();
        try {
          const edges = [0, ...cuts.map((cut) => Math.min(cut, deliveries.length)), deliveries.length].sort(
            (a, b) => a - b,
          );
          let records = 0;
          for (const [i, from] of edges.slice(0, -1).entries()) {
            const wrapped = deliveries
              .slice(from, edges[i + 1])
              .map(([record, how]) => wrap(RECORDS[record] ?? {}, how));
            records += wrapped.length;
            const text = join(wrapped, joins[i] ?? 'lines');
            const half = Math.floor(text.length / 2);
            const content = {
              none: () => text,
              gzip: () => gzipSync(text),
              members: () => Buffer.concat([gzipSync(text.slice(0, half)), gzipSync(text.slice(half))]),
            }[gzips[i] ?? 'none']();
            small.put(`${folders[i]}${names[i]}`, content, SENT + HOUR_MS);
            if (batches) {
              await small.plan();
              await small.transformAll();
            }
          }
          await small.run();
          expect(await settledTables(small)).toEqual(expected);
          const [totals] = await small.rows(
            'select sum(records) as records, sum(accepted + duplicate) as good, sum(skipped) as skipped, sum(quarantined) as quarantined, sum(records - accepted - duplicate - skipped - quarantined) as lost from units',
          );
          const skipped = deliveries.filter(([record]) => record >= 13).length;
          const quarantined = deliveries.filter(([record]) => record === 12).length;
          expect(totals).toEqual({ records, good: records - skipped - quarantined, skipped, quarantined, lost: 0 });
        } finally {
          await small.close();
        }
      }),
      { numRuns: 12, seed: 20261123 },
    );
  });
});
