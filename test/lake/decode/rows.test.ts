import { describe, expect, test } from 'vitest';
import { DAY_MS } from '#lake/days.ts';
import { DEFAULT_SETTINGS } from '#lake/settings.ts';
import { DELIVERED, decodeTexts, decodeValues, onlyEvent } from './collect.ts';
import { fixture } from './fixture.ts';

describe('fault 27: headers', () => {
  test('a thousand of them, repeated names and a value of 300 KB are rows in their order', () => {
    const headers = Array.from({ length: 1000 }, (_, i) => ({ name: `X-Tag-${i % 3}`, value: `v${i}` }));
    headers[500] = { name: 'Long', value: 'x'.repeat(300_000) };
    const { headers: rows } = decodeValues(fixture('ses-send', (record) => Object.assign(record.mail, { headers })));
    expect(rows.map(({ name, value }) => ({ name, value }))).toEqual(headers);
    expect(rows.map(({ position }) => position)).toEqual(headers.map((_, i) => i));
    expect(rows[1]?.name_lower).toBe('x-tag-1');
  });

  test('the text "null" is no value, missing headers are no rows', () => {
    const headers = [{ name: 'Message-ID', value: 'null' }, { name: 'A', value: null }, { name: 'B' }];
    const { headers: rows } = decodeValues(fixture('ses-send', (record) => Object.assign(record.mail, { headers })));
    expect(rows.map(({ value }) => value)).toEqual([null, null, null]);
    expect(decodeValues(fixture('ses-send', (record) => delete record.mail.headers)).headers).toEqual([]);
  });

  test('come from the types that the settings name, once for all recipients', () => {
    const texts = ['ses-send', 'ses-open', 'pinpoint-send'].map((name) => JSON.stringify(fixture(name)));
    const counts = (headerCarriers: string[]) =>
      decodeTexts(texts, { ...DEFAULT_SETTINGS, headerCarriers }).headers.length;
    expect([counts(['send']), counts(['open']), counts([])]).toEqual([9, 5, 0]);
    const destination = ['a@example.org', 'b@example.org'];
    const several = decodeValues(fixture('ses-send', (record) => Object.assign(record.mail, { destination })));
    expect([several.events.length, several.headers.length]).toEqual([2, 5]);
  });

  test('nothing comes of a repeat', () => {
    const repeated = decodeValues(fixture('ses-send'), fixture('ses-send'), fixture('ses-click'), fixture('ses-click'));
    expect([repeated.events.length, repeated.headers.length, repeated.clicks.length]).toEqual([2, 5, 1]);
  });
});

describe('fault 28: addresses of every kind', () => {
  const recipient = (text: string) => {
    const { recipient, recipient_key, recipient_domain } = onlyEvent(
      fixture('ses-bounce-permanent', (record) => {
        // Without destinations the bounce alone says whom it is about.
        delete record.mail.destination;
        record.bounce.bouncedRecipients = [{ emailAddress: text }];
      }),
    );
    return [recipient, recipient_key, recipient_domain];
  };
  test.each([
    ['Jo <Jo@Example.ORG>', 'Jo <Jo@Example.ORG>', 'jo@example.org', 'example.org'],
    [' JO@example.org ', 'JO@example.org', 'jo@example.org', 'example.org'],
    ['"J, D"@example.org', '"J, D"@example.org', '"j, d"@example.org', 'example.org'],
    ['jo@BÜCHER.example', 'jo@BÜCHER.example', 'jo@bücher.example', 'xn--bcher-kva.example'],
    ['nobody', 'nobody', 'nobody', null],
    ['', '', null, null],
  ])('%j', (text, ...expected) => {
    expect(recipient(text)).toEqual(expected);
  });

  test('several in one text are recipients each', () => {
    const { events } = decodeValues(
      fixture('ses-delivery', (record) => {
        record.mail.destination = ['a@x.org', 'b@y.org', 'c@z.org'];
        record.delivery.recipients = ['a@x.org, B <b@y.org>'];
      }),
    );
    expect(events.map(({ recipient_key }) => recipient_key)).toEqual(['a@x.org', 'b@y.org']);
  });
});

describe('fault 29: several recipients', () => {
  const destination = Array.from({ length: 50 }, (_, i) => `r${i}@example.org`);

  test('of fifty, the two that bounce have a row each', () => {
    const bouncedRecipients = [{ emailAddress: 'r3@example.org' }, { emailAddress: 'r7@example.org', status: '5.1.1' }];
    const { events } = decodeValues(
      fixture('ses-bounce-permanent', (record) => {
        record.mail.destination = destination;
        record.bounce.bouncedRecipients = bouncedRecipients;
      }),
    );
    expect(events.map((row) => [row.recipient, row.smtp_status, row.recipient_count])).toEqual([
      ['r3@example.org', null, 50],
      ['r7@example.org', '5.1.1', 50],
    ]);
  });

  test('a send has a row for each; an open, click or subscription has one for nobody', () => {
    const rowsOf = (name: string) =>
      decodeValues(fixture(name, (record) => Object.assign(record.mail, { destination }))).events;
    expect(rowsOf('ses-send').map(({ recipient }) => recipient)).toEqual(destination);
    for (const name of ['ses-open', 'ses-click', 'ses-subscription-out']) {
      expect(rowsOf(name)).toMatchObject([{ recipient: null, recipient_key: null, recipient_count: 50 }]);
    }
  });

  test('an empty list makes one row for nobody', () => {
    for (const name of ['ses-send', 'ses-open']) {
      const row = onlyEvent(fixture(name, (record) => Object.assign(record.mail, { destination: [] })));
      expect(row).toMatchObject({ recipient: null, recipient_count: 0 });
    }
    const row = onlyEvent(
      fixture('ses-delivery', (record) => {
        record.mail.destination = destination;
        record.delivery.recipients = [];
      }),
    );
    expect(row).toMatchObject({ recipient: null, recipient_count: 50 });
  });
});

test('fault 30: whatever the link, the click is kept', () => {
  for (const link of [`https://e.org/${'x'.repeat(65_536)}`, 'nonsense', 'mailto:a@e.org', 'javascript:x', '', null]) {
    const { clicks, events } = decodeValues(fixture('ses-click', (record) => Object.assign(record.click, { link })));
    expect(clicks).toMatchObject([{ link, event_id: events[0]?.event_id }]);
  }
});

describe('fault 32: absurd times are kept and marked', () => {
  const occurred = (timestamp: number) => {
    const { events } = decodeValues(fixture('ses-open', (record) => Object.assign(record.open, { timestamp })));
    return [events[0]?.occurred_at, events[0]?.is_time_suspect];
  };
  test.each([[-1], [0], [86_400_000], [1_764_576_000], [1.764e15]])('%d', (time) => {
    expect(occurred(time)).toEqual([time, true]);
  });
  test('more than two days ahead of delivery, and before the sending', () => {
    expect(occurred(DELIVERED + 2 * DAY_MS)).toEqual([DELIVERED + 2 * DAY_MS, false]);
    expect(occurred(DELIVERED + 2 * DAY_MS + 1)).toEqual([DELIVERED + 2 * DAY_MS + 1, true]);
    const sent = Date.parse(fixture('ses-open').mail.timestamp);
    expect(occurred(sent - 1)).toEqual([sent - 1, true]);
  });
});

test('fault 34: markup, formulas and escapes are data', () => {
  const evil = `<script>alert(1)</script>'; DROP TABLE events;-- =1+1 \u001b[31m\u0000`;
  const row = onlyEvent(
    fixture('ses-click', (record) => {
      record.mail.commonHeaders.subject = evil;
      record.mail.tags = { [evil]: [evil], campaign: [evil] };
      record.click.link = evil;
    }),
  );
  expect(row).toMatchObject({ subject: evil, link: evil, campaign_id: evil });
  expect(JSON.parse(row.tags ?? '')).toEqual({ [evil]: [evil], campaign: [evil] });
});

describe('tags', () => {
  test('that the settings name fill columns: the first in the mapping that has a value', () => {
    const tags: (readonly [string, 'campaign_id' | 'treatment_id'])[] = [
      ['first', 'campaign_id'],
      ['second', 'campaign_id'],
      ['variant', 'treatment_id'],
    ];
    const campaign = (values: object) => {
      const text = JSON.stringify(fixture('ses-open', (record) => Object.assign(record.mail, { tags: values })));
      const [row] = decodeTexts([text], { tags }).events;
      return [row?.campaign_id, row?.treatment_id];
    };
    expect(campaign({ second: ['2'], first: ['1'], variant: ['b'] })).toEqual(['1', 'b']);
    expect(campaign({ first: ['1'], second: ['2'] })).toEqual(['1', null]);
    expect(campaign({ first: [''], second: ['2'] })).toEqual(['2', null]);
    expect(campaign({ first: ['a', 'b'], variant: 'c' })).toEqual(['a, b', 'c']);
    expect(campaign({ campaign: ['x'] })).toEqual([null, null]);
  });

  test('what SES adds by itself fills columns, unless the mail says it better', () => {
    const tags = {
      'ses:configuration-set': ['cs'],
      'ses:source-ip': ['192.0.2.1'],
      'ses:outgoing-ip': ['192.0.2.2'],
      'ses:source-tls-version': ['TLSv1.2'],
      'ses:from-domain': ['elsewhere.example'],
    };
    const row = onlyEvent(fixture('ses-open', (record) => Object.assign(record.mail, { tags, sourceIp: '192.0.2.9' })));
    expect(row).toMatchObject({
      configuration_set: 'cs',
      source_ip: '192.0.2.9',
      outgoing_ip: '192.0.2.2',
      tls_version: 'TLSv1.2',
      from_domain: 'example.com',
    });
    const bare = onlyEvent(
      fixture('ses-open', (record) => {
        record.mail = { messageId: 'm', tags };
      }),
    );
    expect(bare).toMatchObject({ from_domain: 'elsewhere.example', source_ip: '192.0.2.1', recipient_count: null });
  });

  test("of Pinpoint's attributes, those without a column are tags", () => {
    const row = onlyEvent(
      fixture('pinpoint-open', (record) => {
        record.attributes = {
          feedback: 'opened',
          campaign_id: 'c',
          campaign: 'loser',
          journey_id: 'j',
          team: 'x',
          n: 1,
        };
      }),
    );
    expect(row).toMatchObject({ campaign_id: 'c', journey_id: 'j', tags: '{"campaign":"loser","team":"x","n":1}' });
    const none = onlyEvent(fixture('pinpoint-open', (record) => Object.assign(record, { attributes: {} })));
    expect(none.tags).toBeNull();
  });
});

test("a Pinpoint click without a link has its feedback's", () => {
  const row = onlyEvent(
    fixture('pinpoint-click', (record) => delete record.facets.email_channel.mail_event.click.link),
  );
  expect(row.link).toBe(fixture('pinpoint-click').attributes.feedback);
});

test('the From header is the sender readers see, else the envelope sender stands in', () => {
  const sender = (change: (mail: ReturnType<typeof fixture>) => void) => {
    const row = onlyEvent(fixture('ses-open', (record) => change(record.mail)));
    return [row.from_address, row.from_name, row.from_domain, row.envelope_from];
  };
  const news = ['news@example.com', 'Example News', 'example.com', 'news@example.com'];
  expect(sender(() => {})).toEqual(news);
  expect(sender((mail) => delete mail.commonHeaders)).toEqual(news);
  expect(
    sender((mail) => {
      delete mail.commonHeaders;
      delete mail.headers;
    }),
  ).toEqual(news);
  expect(
    sender((mail) => {
      mail.commonHeaders.from = ['"Boss, The" <boss@corp.example>'];
    }),
  ).toEqual(['boss@corp.example', 'Boss, The', 'corp.example', 'news@example.com']);
});
