import { describe, expect, test } from 'vitest';
import { decodeValues, onlyEvent } from './collect.ts';
import { fixture } from './fixture.ts';

const to = (destination: readonly string[], given: readonly object[]): unknown =>
  fixture('ses-bounce-permanent', (record) => {
    record.mail.destination = destination;
    record.bounce.bouncedRecipients = given;
  });

const named = (address: string) => ({ emailAddress: address });
const bounced = (destination: readonly string[], ...addresses: string[]) =>
  decodeValues(to(destination, addresses.map(named))).events.map((row) => [row.recipient_key, row.reported_recipient]);

describe('fault 72: what happened to a mail with one recipient is about that recipient', () => {
  test.each([
    ['another address', 'ann.private@example.net', 'ann.private@example.net'],
    ['the same in other letters', 'ANN@Example.org', null],
    ['a display name', '"Ann" <ann@example.org>', null],
    ['a type before it', 'rfc822; ann@example.org', null],
    ['quotes', '"ann"@example.org', '"ann"@example.org'],
    ['no address at all', 'redacted', 'redacted'],
    ['an empty text', '', null],
  ])('when %s is named', (_, address, reported) => {
    expect(bounced(['ann@example.org'], address)).toEqual([['ann@example.org', reported]]);
  });

  test.each<[string, string, string, string]>([
    ['ses-delivery', 'delivery', 'recipients', ''],
    ['ses-bounce-permanent', 'bounce', 'bouncedRecipients', 'emailAddress'],
    ['ses-complaint', 'complaint', 'complainedRecipients', 'emailAddress'],
    ['ses-delivery-delay', 'deliveryDelay', 'delayedRecipients', 'emailAddress'],
  ])('%s: with another address, none, or an empty list', (name, object, list, field) => {
    const row = (entries: unknown) => {
      const event = onlyEvent(fixture(name, (record) => Object.assign(record[object], { [list]: entries })));
      return [event.recipient, event.recipient_key, event.recipient_domain, event.reported_recipient];
    };
    const reader = ['reader@example.org', 'reader@example.org', 'example.org'];
    expect(row([])).toEqual([...reader, null]);
    expect(row(null)).toEqual([...reader, null]);
    expect(row([field === '' ? 'x@y.org' : { [field]: 'x@y.org' }])).toEqual([...reader, 'x@y.org']);
  });

  test.each([
    ['pinpoint-delivered', 'delivery', 'recipients'],
    ['pinpoint-hardbounce', 'bounce', 'bounced_recipients'],
    ['pinpoint-complaint', 'complaint', 'complained_recipients'],
  ])('%s: the same', (name, object, list) => {
    const row = (entries: unknown) =>
      onlyEvent(
        fixture(name, (record) => Object.assign(record.facets.email_channel.mail_event[object], { [list]: entries })),
      );
    expect(row([])).toMatchObject({ recipient_key: 'reader@example.org', reported_recipient: null });
    expect(row(['x@y.org'])).toMatchObject({ recipient_key: 'reader@example.org', reported_recipient: 'x@y.org' });
  });

  test('two entries make one row; what the other one says stays in extras', () => {
    const other = { emailAddress: 'x@y.org', status: '4.2.2', diagnosticCode: 'full' };
    const { events } = decodeValues(
      to(['ann@example.org'], [other, { emailAddress: 'ann@example.org', status: '5.1.1' }]),
    );
    expect(events).toMatchObject([
      { recipient_key: 'ann@example.org', smtp_status: '5.1.1', reported_recipient: null },
    ]);
    expect(JSON.parse(events[0]?.extras ?? '')._other_recipients).toEqual([
      { address: 'x@y.org', action: null, status: '4.2.2', diagnostic: 'full' },
    ]);
  });

  test('the id of the event is the one it had when the named address was taken for the recipient', () => {
    const of = (destination: readonly string[] | undefined, given: readonly object[]) =>
      onlyEvent(to(destination as string[], given)).event_id;
    const forwarded = [named('ann.private@example.net')];
    expect(of(['ann@example.org'], forwarded)).toBe(of(undefined, forwarded));
    expect(of(['ann@example.org'], [])).toBe(of(undefined, []));
    expect(of(['ann@example.org', 'bob@example.org'], forwarded)).toBe(of(undefined, forwarded));
  });
});

describe('fault 72: of several recipients it is the one whose address the named one is a way of writing', () => {
  const SEVERAL = ['Ann <Ann@Example.org>', 'bob+news@example.org', 'cy@bücher.example', "o'hara@example.com"];
  test.each([
    ['ANN@EXAMPLE.ORG', 'ann@example.org', null],
    ['rfc822;ann@example.org', 'ann@example.org', null],
    ['RFC822; <ann@example.org>', 'ann@example.org', null],
    ['"rfc822;ann@example.org"', 'ann@example.org', '"ann@example.org"'],
    ['addr-type: rfc822; ann@example.org', 'ann@example.org', null],
    ['RFC822: ann@example.org', 'ann@example.org', null],
    ['"ann"@example.org', 'ann@example.org', '"ann"@example.org'],
    ['"ann@example.org"', 'ann@example.org', '"ann@example.org"'],
    ['ann@example.org.', 'ann@example.org', 'ann@example.org.'],
    ['mailto:ann@example.org', 'ann@example.org', 'mailto:ann@example.org'],
    ['ann+tag@example.org', 'ann@example.org', 'ann+tag@example.org'],
    ['bob@example.org', 'bob+news@example.org', 'bob@example.org'],
    ['bob+other@example.org', 'bob+news@example.org', 'bob+other@example.org'],
    ['cy@xn--bcher-kva.example', 'cy@bücher.example', 'cy@xn--bcher-kva.example'],
    ["O'Hara@example.com", "o'hara@example.com", null],
  ])('%s', (address, key, reported) => {
    expect(bounced(SEVERAL, address)).toEqual([[key, reported]]);
  });

  test('Gmail takes an address with dots, or of googlemail.com, for the same one', () => {
    const both = ['a.n.n@googlemail.com', 'bo@gmail.com'];
    expect(bounced(both, 'ann+x@gmail.com')).toEqual([['a.n.n@googlemail.com', 'ann+x@gmail.com']]);
    expect(bounced(both, 'b.o@example.com')).toEqual([[null, 'b.o@example.com']]);
    expect(bounced(['a.b@gmail.com', 'ab@gmail.com'], 'a.b@gmail.com')).toEqual([['a.b@gmail.com', null]]);
  });

  test('what matches none, or two, is a row of nobody that keeps the address', () => {
    expect(bounced(SEVERAL, 'dan@example.org', 'ann@example.org')).toEqual([
      ['ann@example.org', null],
      [null, 'dan@example.org'],
    ]);
    expect(bounced(['a+1@example.org', 'a+2@example.org'], 'a@example.org')).toEqual([[null, 'a@example.org']]);
    const [row] = decodeValues(to(SEVERAL, [named('dan@example.org')])).events;
    expect(row).toMatchObject({ recipient: null, recipient_key: null, recipient_domain: null, recipient_count: 4 });
  });

  test('two ways of writing one address make one row', () => {
    expect(bounced(SEVERAL, 'ann+x@example.org', 'ann@example.org')).toEqual([['ann@example.org', null]]);
  });

  test('a mail that does not say whom it went to is about the named ones', () => {
    expect(bounced([], 'ann@example.org', 'bob@example.org')).toEqual([
      ['ann@example.org', null],
      ['bob@example.org', null],
    ]);
  });
});
