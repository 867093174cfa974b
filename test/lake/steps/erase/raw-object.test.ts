import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { ErasedPersons } from '#lake/decode/erased-persons.ts';
import { ERASED_RECORD } from '#lake/read/marks.ts';
import { DEFAULT_SETTINGS } from '#lake/settings.ts';
import { OBJECTS } from '#lake/steps/erase/raw-object.ts';
import { addressFinder } from '#test/addresses-in.ts';
import { KEYED_HASH } from '#test/fuzz/both-ways.ts';
import { ndjson, SENT, sesDelivery, sesOpen, sesSend } from '#test/records.ts';

const ANN = 'ann.doe@example.org';
const BOB = 'bob@example.net';
const find = addressFinder([ANN]);
const persons = new ErasedPersons(KEYED_HASH, { [KEYED_HASH.hex(ANN)]: SENT + 86_400_000 });
const look = { persons, settings: DEFAULT_SETTINGS, deliveredAt: SENT + 3_600_000 };

const toAnn = { messageId: 'a', to: [ANN] };
const toBoth = { messageId: 'ab', to: [`"Doe, Ann" <${ANN.toUpperCase()}>`, BOB] };
const toBob = { messageId: 'b', to: [BOB] };

async function erased(stored: Uint8Array | string): Promise<string | null> {
  const made = await OBJECTS.erase(Buffer.from(stored), look);
  if (made === null) return null;
  return 'why' in made ? `why: ${made.why}` : Buffer.from(made.bytes).toString('latin1');
}

test('a record about the person alone becomes a word, as long as it was, and others stay where they were', async () => {
  const [hers, his] = [JSON.stringify(sesSend(toAnn)), JSON.stringify(sesSend(toBob))];
  expect(await erased(`${hers}\n${his}\n${hers}${his}`)).toBe(
    `${ERASED_RECORD.padEnd(hers.length)}\n${his}\n${ERASED_RECORD.padEnd(hers.length)}${his}`,
  );
  expect(await erased(`${his}\n`)).toBe(null);
});

test('of mail to several the others are kept, and her name goes with her address', async () => {
  const before = `${ndjson(sesSend(toBoth), sesDelivery(toBoth), sesOpen(toBoth))}`;
  const after = (await erased(before)) ?? '';
  expect(after.length).toBe(before.length);
  expect(find(after)).toEqual([]);
  expect(after).not.toMatch(/doe/i);
  const [send] = after.split('\n').map((line) => line && JSON.parse(line));
  expect(send.mail.destination).toEqual(['erased', BOB]);
  expect(send.mail.headers[1].value).toBe(`erased; ${BOB}`);
});

test('mail that was sent after she asked stays', async () => {
  const later = SENT + 2 * 86_400_000;
  const stored = Buffer.from(ndjson(sesSend({ ...toAnn, sentAt: later })));
  expect(await OBJECTS.erase(stored, { ...look, deliveredAt: later })).toBe(null);
});

describe('in envelopes and encodings', () => {
  const hers = JSON.stringify(sesSend(toAnn));
  const his = JSON.stringify(sesSend(toBob));
  test.each([
    ['SNS', JSON.stringify({ Type: 'Notification', TopicArn: 'arn:t', Message: hers }), ''],
    ['an array of records', `[${his},${hers}]`, his],
    ['SQS with several', JSON.stringify({ Records: [{ body: his }, { body: hers }] }), BOB],
    ['Base64', JSON.stringify({ attemptsMade: 4, rawData: Buffer.from(`${his}\n${hers}\n`).toString('base64') }), ''],
    [
      'gzip within Base64',
      JSON.stringify({
        logs: { data: gzipSync(`{"logEvents":[{"message":${JSON.stringify(hers)}}]}`).toString('base64') },
      }),
      '',
    ],
  ])('%s', async (_, before, kept) => {
    const after = await erased(before);
    if (after === null) throw new Error('it was not seen');
    expect(after).not.toMatch(/^why/);
    expect(after.length).toBe(before.length);
    expect(after).toContain(kept);
    expect(find(after)).toEqual([]);
    expect(await erased(after)).toBe(null);
  });

  test('gzip stays gzip; what ended too early does so again', async () => {
    const zipped = gzipSync(`${his}\n${hers}\n`);
    const whole = await OBJECTS.erase(zipped, look);
    if (!whole || 'why' in whole) throw new Error('it was not written');
    expect(gunzipSync(whole.bytes).toString()).toBe(`${his}\n${ERASED_RECORD.padEnd(hers.length)}\n`);
    const cut = await OBJECTS.erase(zipped.subarray(0, -8), look);
    if (!cut || 'why' in cut) throw new Error('it was not written');
    expect(() => gunzipSync(cut.bytes)).toThrow();
  });
});

test('what can not be read goes if it names her, record by record; an object that is none of events stays, and is named', async () => {
  const his = JSON.stringify(sesSend(toBob));
  const broken = `{"eventType":"Send","mail":{"destination":["${ANN}"],`;
  expect(await erased(`${his}\n${broken}\n${his}\n`)).toBe(`${his}\n${ERASED_RECORD.padEnd(broken.length)}\n${his}\n`);
  for (const hers of [
    `"of,\\r\\n\\t${ANN}"`,
    `"Ann \\u003c${ANN}\\u003e"`,
    `"${ANN.replace('.doe', '.d=\\r\\noe')}"`,
  ]) {
    const escaped = `{"eventType":"Send","mail":{"destination":[${hers},`;
    expect(await erased(`${his}\n${escaped}\n${his}\n`)).toBe(
      `${his}\n${ERASED_RECORD.padEnd(escaped.length)}\n${his}\n`,
    );
    const whole = JSON.stringify({ note: 'x', of: [1] }).replace('1', hers);
    const made = await erased(`${his}\n${whole}\n${hers}\n${his}\n`);
    expect([made?.length, find(made ?? ANN)]).toEqual([2 * his.length + whole.length + hers.length + 4, []]);
  }
  expect(await erased(`name;address\nAnn;${ANN}\n`)).toMatch(/^why: it holds no events/);
  const damaged = gzipSync(`${his}\n${JSON.stringify(sesSend(toAnn))}\n`);
  damaged.writeUInt32LE(1, damaged.length - 8);
  expect(await erased(damaged)).toMatch(/^why: it could not be read \(gzip_crc\)/);
});
