import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { partitionDay } from '#lake/days.ts';
import { decodeTexts, decodeValues, onlyEvent } from './collect.ts';
import { FIXTURES, fixture } from './fixture.ts';

const id = (name: string, change?: Parameters<typeof fixture>[1]) => onlyEvent(fixture(name, change)).event_id;

test("fault 50: in every version an event's id is 128 bits of SHA-256 over the JSON array that functions/README.md names", () => {
  const cells = [
    'ses',
    'click',
    fixture('ses-click').mail.messageId,
    'reader@example.org',
    Date.parse('2026-03-02T09:01:09.900Z'),
    null,
    '192.0.2.77',
    'agent "x"\n\u2028',
    '',
  ];
  const digest = createHash('sha256').update(JSON.stringify(cells)).digest('hex').slice(0, 32);
  const change = (record: ReturnType<typeof fixture>) =>
    Object.assign(record.click, { userAgent: 'agent "x"\n\u2028', link: '' });
  expect(id('ses-click', change)).toBe(digest);
});

test('fault 35: the same record again is a duplicate that leaves no row', () => {
  for (const name of FIXTURES) {
    const { verdicts, events, headers, clicks } = decodeValues(fixture(name), fixture(name));
    const once = decodeValues(fixture(name));
    expect(verdicts.map(({ is }) => is)).toEqual(['accepted', 'duplicate']);
    expect([events, headers, clicks]).toEqual([once.events, once.headers, once.clicks]);
  }
});

test('a record is accepted as long as one of its rows is new', () => {
  const bounced = (...addresses: string[]) =>
    fixture('ses-bounce-permanent', (record) => {
      record.mail.destination = ['a@x.org', 'b@x.org'];
      record.bounce.bouncedRecipients = addresses.map((emailAddress) => ({ emailAddress }));
    });
  const { verdicts, events } = decodeValues(bounced('a@x.org'), bounced('a@x.org', 'b@x.org'), bounced('b@x.org'));
  expect(verdicts.map(({ is }) => is)).toEqual(['accepted', 'accepted', 'duplicate']);
  expect(events.map(({ recipient }) => recipient)).toEqual(['a@x.org', 'b@x.org']);
});

test('fault 37: a redelivery elsewhere and later has the same ids and days', () => {
  for (const name of FIXTURES) {
    const text = JSON.stringify(fixture(name));
    const first = decodeTexts([text]).events[0];
    const again = decodeTexts(
      [text],
      {},
      {
        attempt: 'other.version',
        sourceKey: 'other-bucket/no-time-in-this-name',
        sourceOrdinal: 999,
        deliveredAt: Date.parse('2026-12-11T00:00:00Z'),
      },
    ).events[0];
    expect(again?.event_id).toBe(first?.event_id);
    expect(partitionDay(again?.occurred_at ?? 0)).toBe(partitionDay(first?.occurred_at ?? 0));
  }
});

describe('fault 38: events that differ in anything that makes them two', () => {
  test('two opens in the same second from two addresses are two rows', () => {
    const open = (ipAddress: string) => fixture('ses-open', (record) => Object.assign(record.open, { ipAddress }));
    const { events } = decodeValues(open('192.0.2.1'), open('192.0.2.2'));
    expect(new Set(events.map(({ event_id }) => event_id)).size).toBe(2);
  });

  test('agents, links, times, recipients, feedback ids and messages make different ids', () => {
    const ids = [
      id('ses-click'),
      id('ses-click', (record) => Object.assign(record.click, { userAgent: 'other' })),
      id('ses-click', (record) => Object.assign(record.click, { userAgent: '' })),
      id('ses-click', (record) => delete record.click.userAgent),
      id('ses-click', (record) => Object.assign(record.click, { link: 'https://other.example' })),
      id('ses-click', (record) => Object.assign(record.click, { timestamp: '2026-03-02T09:01:09.901Z' })),
      id('ses-click', (record) => Object.assign(record.mail, { messageId: 'other' })),
      id('ses-click', (record) => Object.assign(record.mail, { destination: ['other@example.org'] })),
      id('ses-bounce-permanent'),
      id('ses-bounce-permanent', (record) => Object.assign(record.bounce, { feedbackId: 'other' })),
      id('ses-bounce-permanent', (record) => Object.assign(record.bounce, { bounceType: 'Transient' })),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('the way of delivery, spelling of the address and unknown fields make no difference', () => {
    const same = [
      id('ses-bounce-permanent'),
      id('ses-notification-bounce'),
      id('ses-bounce-permanent', (record) => Object.assign(record, { relay: 1 })),
      id('ses-bounce-permanent', (record) => {
        record.bounce.bouncedRecipients[0].emailAddress = 'Reader <READER@example.org>';
        record.bounce.timestamp = '2026-03-02T09:15:33+01:00';
      }),
    ];
    expect(new Set(same).size).toBe(1);
  });
});
