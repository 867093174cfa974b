import { describe, expect, test } from 'vitest';
import { decodeTexts, onlyEvent, verdictOf } from './collect.ts';
import { fixture } from './fixture.ts';

/** JSON of a SES delivery with more text put into the record, into mail, and into delivery. */
const delivery = (parts: { top?: string; mail?: string; delivery?: string }): string =>
  `{"eventType":"Delivery"${parts.top ?? ''},"mail":{"messageId":"m1","timestamp":"2026-03-02T08:15:30Z",` +
  `"destination":["a@example.org"]${parts.mail ?? ''}},` +
  `"delivery":{"timestamp":"2026-03-02T08:15:31Z","recipients":["a@example.org"]${parts.delivery ?? ''}}}`;

const onlyRow = (text: string) => {
  const { events, verdicts } = decodeTexts([text]);
  expect(verdicts).toEqual([{ is: 'accepted', source: 'ses', eventType: 'delivered' }]);
  return events[0];
};

test('fault 18: of a key given twice, the last one wins', () => {
  expect(onlyRow(delivery({ delivery: ',"smtpResponse":"first","smtpResponse":"last"' }))?.smtp_response).toBe('last');
});

describe('fault 19: keys that name parts of a JavaScript object', () => {
  const evil = ',"__proto__":{"polluted":1,"messageId":"m2"},"constructor":{"prototype":{"polluted":2}},"toString":"t"';

  test('are kept in extras like any other, at every level', () => {
    const row = onlyRow(delivery({ top: evil, mail: evil, delivery: evil }));
    const kept = `${evil.slice(1)}`;
    expect(row?.extras).toBe(`{${kept},"mail":{${kept}},"delivery":{${kept}}}`);
    expect(row?.message_id).toBe('m1');
  });

  test('are kept as tags', () => {
    const row = onlyRow(delivery({ mail: ',"tags":{"__proto__":["x"],"constructor":["y"]}' }));
    expect(row?.tags).toBe('{"__proto__":["x"],"constructor":["y"]}');
    const pinpoint = '{"__proto__":"x","constructor":"y","campaign_id":"c"}';
    const text = JSON.stringify(fixture('pinpoint-open')).replace(/"attributes":\{[^}]*\}/, `"attributes":${pinpoint}`);
    expect(decodeTexts([text]).events[0]).toMatchObject({
      campaign_id: 'c',
      tags: '{"__proto__":"x","constructor":"y"}',
    });
  });

  test('survive where a record has to be made anew', () => {
    const row = onlyRow(delivery({ mail: `${evil},"half":"\\ud800","big":9007199254740993` }));
    expect(row?.extras).toBe(
      `{"_flags":["lone_surrogate"],"mail":{${evil.slice(1)},"half":"\ufffd","big":9007199254740993}}`,
    );
  });

  test('change no object of this process', () => {
    onlyRow(delivery({ top: evil, mail: `${evil},"big":9007199254740993` }));
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

describe('fault 20: numbers of 2^53 and more', () => {
  test('are exact in a whole-number column', () => {
    const row = onlyRow(delivery({ delivery: ',"processingTimeMillis":9007199254740993' }));
    expect(row?.processing_time_ms).toBe(9007199254740993n);
    const text = onlyRow(delivery({ delivery: ',"processingTimeMillis":"9007199254740993"' }));
    expect(text?.processing_time_ms).toBe(9007199254740993n);
  });

  test('are exact in text columns, tags and extras', () => {
    const big = '123456789012345678901234567890';
    const row = onlyRow(
      delivery({ mail: `,"sendingAccountId":${big},"tags":{"n":[${big},1]},"odd":[${big},{"x":1e20}],"f":0.1` }),
    );
    expect(row).toMatchObject({
      account_id: big,
      tags: `{"n":[${big},1]}`,
      extras: `{"mail":{"odd":[${big},{"x":100000000000000000000}],"f":0.1}}`,
    });
  });

  test.each(['1e400', '-1e400', '9007199254740993.5', '1e309'])(
    '%s goes to quarantine wherever it stands',
    (number) => {
      for (const text of [delivery({ top: `,"odd":${number}` }), delivery({ mail: `,"tags":{"n":[${number}]}` })]) {
        expect(verdictOf(text)).toMatchObject({ is: 'quarantined', reason: 'number' });
      }
      expect(verdictOf(delivery({ mail: `,"timestamp":${number}` }))).toMatchObject({ reason: 'number' });
    },
  );

  test('that need more than 64 bits, or have a fraction, are no whole numbers', () => {
    for (const number of ['9223372036854775808', '-9223372036854775809', '"1.5"', '1.5']) {
      expect(verdictOf(delivery({ delivery: `,"processingTimeMillis":${number}` }))).toMatchObject({
        is: 'quarantined',
        reason: 'number',
        detail: expect.stringContaining('delivery.processingTimeMillis'),
      });
    }
    expect(onlyRow(delivery({ delivery: ',"processingTimeMillis":"12.0"' }))?.processing_time_ms).toBe(12);
    expect(onlyRow(delivery({ delivery: ',"processingTimeMillis":9223372036854775807' }))?.processing_time_ms).toBe(
      9223372036854775807n,
    );
  });

  test('are no times', () => {
    expect(verdictOf(delivery({ mail: ',"timestamp":9007199254740993' }))).toMatchObject({ reason: 'number' });
  });
});

describe('fault 21: a surrogate without its other half', () => {
  test('becomes U+FFFD, in values and names, and is flagged', () => {
    const row = onlyRow(
      delivery({ mail: ',"commonHeaders":{"subject":"a\\ud83d b"},"tags":{"x\\udc00":["\\ud800"]}', top: ',"n":1' }),
    );
    expect(row).toMatchObject({
      subject: 'a\ufffd b',
      tags: '{"x\ufffd":["\ufffd"]}',
      extras: '{"_flags":["lone_surrogate"],"n":1}',
    });
  });

  test('is told from a whole pair and from text that only looks like an escape', () => {
    const row = onlyRow(delivery({ mail: ',"commonHeaders":{"subject":"\\ud83d\\ude00 \\\\ud83d"}' }));
    expect(row).toMatchObject({ subject: '😀 \\ud83d', extras: null });
  });

  test('a field of the record called like the flags is kept beside them', () => {
    const row = onlyRow(delivery({ top: ',"_flags":"mine","s":"\\ud800"' }));
    expect(row?.extras).toBe('{"_flags":["lone_surrogate"],"__flags":"mine","s":"\ufffd"}');
  });
});

test('fault 22: a record nested deeper than the stack is rejected, not a crash', () => {
  const text = JSON.stringify(fixture('ses-open')).replace(/^\{/, `{"odd":${'['.repeat(1e5)}1${']'.repeat(1e5)},`);
  expect(verdictOf(text)).toMatchObject({ is: 'quarantined', reason: 'too_deep' });
});

describe('fault 26: fields that nobody knew', () => {
  test('are kept under their path, at any level, and change nothing else', () => {
    const plain = onlyEvent(fixture('ses-bounce-permanent'));
    const row = onlyEvent(
      fixture('ses-bounce-permanent', (record) => {
        record.newTop = { deep: [1, 'two', null] };
        record.mail.newInMail = false;
        record.mail.headers[1].newInHeader = 'h';
        record.mail.commonHeaders.newInCommon = 1.5;
        record.bounce.bouncedRecipients[0].newInRecipient = 'r';
        record.open = { of: 'another type' };
      }),
    );
    const { extras, ...rest } = row;
    expect(JSON.parse(extras ?? '')).toEqual({
      newTop: { deep: [1, 'two', null] },
      mail: { newInMail: false, headers: { 1: { newInHeader: 'h' } }, commonHeaders: { newInCommon: 1.5 } },
      bounce: { bouncedRecipients: { 0: { newInRecipient: 'r' } } },
      open: { of: 'another type' },
    });
    expect({ ...rest, extras: null }).toEqual(plain);
  });

  test('that hold nothing leave no trace', () => {
    const row = onlyEvent(
      fixture('ses-open', (record) => Object.assign(record, { a: null, b: '', c: {}, d: [], e: { f: [{}, ''] } })),
    );
    expect(row.extras).toBeNull();
  });

  test('of Pinpoint are kept, what only describes the format is not', () => {
    const row = onlyEvent(
      fixture('pinpoint-open', (record) => {
        record.application.sdk = { name: 'sdk' };
        record.session = { session_id: 's' };
        record.facets.other_channel = { x: 1 };
      }),
    );
    expect(JSON.parse(row.extras ?? '')).toEqual({
      client: { client_id: '49df40b2' },
      client_context: { custom: { legacy_identifier: 'app0001' } },
      session: { session_id: 's' },
      facets: { other_channel: { x: 1 } },
    });
  });
});
