import { describe, expect, test } from 'vitest';
import { decodeTexts, onlyEvent } from './collect.ts';
import { type AnyRecord, fixture } from './fixture.ts';

const row = (change: (mail: AnyRecord) => void) => {
  const record = fixture('ses-delivery', ({ mail }) => {
    mail.source = 'bounces@envelope.example';
    mail.tags['ses:from-domain'] = ['Brand.Example'];
    change(mail);
  });
  const { from_domain, from_domain_basis, envelope_from } = onlyEvent(record);
  return [from_domain, from_domain_basis, envelope_from];
};

describe('the domain that a mail is from is', () => {
  const withoutHeaders = (mail: AnyRecord): void => {
    delete mail.headers;
    delete mail.commonHeaders;
  };
  test('that of the From header', () => {
    expect(row(() => {})).toEqual(['example.com', 'header', 'bounces@envelope.example']);
  });
  test('else that of the tag ses:from-domain', () => {
    expect(row(withoutHeaders)).toEqual(['brand.example', 'tag', 'bounces@envelope.example']);
    const unreadable = (mail: AnyRecord): void => Object.assign(mail.commonHeaders, { from: ['nobody'] });
    expect(row(unreadable)).toEqual(['brand.example', 'tag', 'bounces@envelope.example']);
  });
  test.each([undefined, [], [''], ['not a domain'], ['a.example', 'b.example'], [{}]])(
    "else the envelope's: tag %j",
    (tag) => {
      expect(
        row((mail) => {
          withoutHeaders(mail);
          mail.tags['ses:from-domain'] = tag;
        }),
      ).toEqual(['envelope.example', 'envelope', 'bounces@envelope.example']);
    },
  );
  test('else unknown', () => {
    const nothing = (mail: AnyRecord): void => {
      withoutHeaders(mail);
      delete mail.tags;
      delete mail.source;
    };
    expect(row(nothing)).toEqual([null, null, null]);
  });
});

describe('what SES says of machines', () => {
  test.each([
    ['Likely', 'Likely'],
    ['unlikely', 'Unlikely'],
    [' LIKELY ', 'Likely'],
    ['Perhaps', 'Perhaps'],
    [true, 'Likely'],
    [null, null],
    ['', null],
    [undefined, null],
  ])('isBotEvent %j is %j, in events and clicks alike', (isBotEvent, verdict) => {
    const records = [
      fixture('ses-open', (record) => Object.assign(record.open, { isBotEvent })),
      fixture('ses-click', (record) => Object.assign(record.click, { isBotEvent })),
    ];
    const { events, clicks } = decodeTexts(records.map((record) => JSON.stringify(record)));
    expect(events.map(({ bot_verdict }) => bot_verdict)).toEqual([verdict, verdict]);
    expect(clicks.map(({ bot_verdict }) => bot_verdict)).toEqual([verdict]);
    expect(events.map(({ extras }) => extras?.includes('isBotEvent') ?? false)).toEqual([false, false]);
  });
});

describe('tags that a user names as dimensions', () => {
  const texts = [
    JSON.stringify(
      fixture('ses-click', (record) => Object.assign(record.mail.tags, { team: ['growth'], 'a b': ['x', 'y'] })),
    ),
    JSON.stringify(
      fixture('pinpoint-click', (record) => Object.assign(record.attributes, { team: 'sales', language: 'de' })),
    ),
  ];

  test('fill the columns in their order, in events and clicks, and stay in tags', () => {
    const { events, clicks } = decodeTexts(texts, { dimensions: ['language', 'team', 'a b', 'campaign_id'] });
    for (const rows of [events, clicks]) {
      expect(rows.map((one) => [one.dimension_1, one.dimension_2, one.dimension_3, one.dimension_5])).toEqual([
        [null, 'growth', 'x, y', null],
        ['de', 'sales', null, null],
      ]);
    }
    expect(events.map(({ tags }) => JSON.parse(tags ?? '{}'))).toMatchObject([{ team: ['growth'] }, { team: 'sales' }]);
  });

  test('may mean a column, too', () => {
    const [event] = decodeTexts(texts, { dimensions: ['team'], tags: [['team', 'tenant']] }).events;
    expect(event).toMatchObject({ tenant: 'growth', dimension_1: 'growth' });
  });

  test('the tenant is what SES says, unless a tag of the settings says otherwise', () => {
    const record = fixture('ses-click', ({ mail }) =>
      Object.assign(mail.tags, { 'ses:tenant-name': ['acme'], customer: ['other'] }),
    );
    const tenant = (tags: readonly (readonly [string, 'tenant'])[]) =>
      decodeTexts([JSON.stringify(record)], { tags }).clicks.map((click) => click.tenant);
    expect(tenant([])).toEqual(['acme']);
    expect(tenant([['customer', 'tenant']])).toEqual(['other']);
  });
});
