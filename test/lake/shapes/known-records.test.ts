import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { makeDecoder } from '#lake/decode/decode.ts';
import { Pseudonyms } from '#lake/decode/pseudonyms.ts';
import { readObject } from '#lake/read/object.ts';
import type { JsonValue, Place } from '#lake/read/record.ts';
import { DEFAULT_SETTINGS } from '#lake/settings.ts';
import { KnownRecords } from '#lake/shapes/known-records.ts';
import { UnitRows } from '#lake/steps/transform/unit-rows.ts';
import { ENVELOPES, wrapped } from '#test/envelopes.ts';
import { differenceOf, KEYED_HASH } from '#test/fuzz/both-ways.ts';
import { RECORD_TEXTS, SEEDS } from '#test/fuzz/corpus.ts';

const SOUND = RECORD_TEXTS.map((text) => JSON.stringify(JSON.parse(text)));

/** The same record again and again, each time of another message. */
const repeated = (text: string, times: number): string[] =>
  Array.from({ length: times }, (_, i) => text.replace(/("message_?[iI]d":")[^"]*/, `$1message-${i}`));

/** How many records of an object are read by their shape, and how many by the decoder. */
async function waysOf(bytes: Buffer, hide?: Pseudonyms): Promise<{ known: number; decoded: number }> {
  const rows = new UnitRows();
  const decode = makeDecoder(DEFAULT_SETTINGS, hide);
  const known = new KnownRecords(DEFAULT_SETTINGS, rows, decode, hide);
  const context = { attempt: 'a', sourceKey: 'k', sourceOrdinal: 0, deliveredAt: 0 };
  const ways = { known: 0, decoded: 0 };
  const visitor = {
    record(value: JsonValue, text: string, { isBare, textEnvelope = null }: Place): void {
      ways.decoded++;
      if (decode(value, text, context, rows).is === 'accepted' && (isBare || textEnvelope))
        known.learn(value, text, textEnvelope);
    },
    skip: () => {},
    reject: () => {},
  };
  const body = (async function* () {
    yield bytes;
  })();
  await readObject(body, DEFAULT_SETTINGS.limits, visitor, undefined, {
    match: (window, start) => known.match(window, start),
    read(ordinal) {
      context.sourceOrdinal = ordinal;
      if (known.read(context) === null) return false;
      ways.known++;
      return true;
    },
  });
  return ways;
}

const kindOfText = (text: string): string => {
  const { eventType, notificationType, event_type } = JSON.parse(text);
  return `${eventType ?? notificationType ?? event_type}, ${text.length} bytes`;
};

describe('a record whose shape is known', () => {
  // A subscription's preferences are decoded always, and so is a time with an offset, as these complaints have.
  const known = SOUND.filter((text) => !text.includes('ontactList')).map((text) => text.replace('-01:00"', 'Z"'));

  test.each(known.map((text) => [kindOfText(text), text] as const))(
    '%s, is read from its bytes: only the first two are decoded',
    async (_, text) => {
      const bytes = Buffer.from(repeated(text, 10).join('\n'));
      expect(await waysOf(bytes)).toEqual({ known: 8, decoded: 2 });
      expect(await waysOf(bytes, new Pseudonyms(KEYED_HASH))).toEqual({ known: 8, decoded: 2 });
    },
  );

  test.each(['sns', 'sqs-sns'] as const)(
    'is read so within an envelope, too, where its text is all of it (%s)',
    async (envelope) => {
      const [text = ''] = SOUND;
      const lines = repeated(text, 10).map((one) => wrapped(one, envelope).toString().trim());
      const { known } = await waysOf(Buffer.from(lines.join('\n')));
      expect(known).toBe(envelope === 'sns' ? 8 : 0);
    },
  );

  test('is decoded where its values may mean another thing', async () => {
    const text = SOUND.find((one) => one.includes('"Delivery"')) ?? '';
    const lines = repeated(text, 10);
    const twisted = [
      text.replace(/"recipients":\["[^"]*"\]/, '"recipients":["someone.else@example.net"]'),
      text.replace(/"smtpResponse":"[^"]*"/, '"smtpResponse":""'),
      text.replace(/"smtpResponse":"[^"]*"/, '"smtpResponse":"\\u0041"'),
      text.replace(/"timestamp":"[^"]*"/, '"timestamp":"2 Mar 2026 08:15:29 +0000"'),
    ];
    expect(await waysOf(Buffer.from([...lines, ...twisted].join('\n')))).toEqual({ known: 8, decoded: 6 });
  });
});

describe('both ways give the same counts and files, byte for byte', () => {
  test('for every fixture, in every envelope, alone and behind records of all shapes', async () => {
    const all = Buffer.from(SOUND.flatMap((text) => repeated(text, 6)).join('\n'));
    const fixtures = SEEDS.map(({ bytes }) => bytes);
    expect(await differenceOf(fixtures)).toBeNull();
    expect(await differenceOf([all, ...fixtures, ...fixtures])).toBeNull();
    expect(
      await differenceOf([all, ...fixtures, ...fixtures], { ...DEFAULT_SETTINGS, addresses: 'hashed' }),
    ).toBeNull();
  });

  test('for records in every envelope', async () => {
    for (const envelope of ENVELOPES) {
      const lines = SOUND.flatMap((text) => repeated(text, 6)).map((text) => wrapped(text, envelope).toString().trim());
      expect(await differenceOf([Buffer.from(lines.join('\n'))]), envelope).toBeNull();
    }
  });

  test('for an object whose shapes were learned from a damaged one that counts for nothing', async () => {
    const records = gzipSync(SOUND.flatMap((text) => repeated(text, 8)).join('\n'));
    const damaged = Buffer.from(records);
    damaged[damaged.length - 8] = (damaged[damaged.length - 8] ?? 0) ^ 1;
    expect(await differenceOf([damaged, records])).toBeNull();
    expect(await differenceOf([records, damaged, records])).toBeNull();
  });

  test('for records that are cut, joined without line feeds, in an array, or have another one in a text', async () => {
    const lines = SOUND.flatMap((text) => repeated(text, 5));
    const texts = [
      lines.join(''),
      lines.join('\r\n'),
      `[${lines.join(',')}]`,
      lines.join('\n').slice(0, -20),
      lines.map((line) => line.slice(0, -1)).join('\n'),
      lines.map((line) => line.replace(/("subject":")[^"]*/i, '$1}{')).join(''),
      lines.map((line) => ` ${line} `).join('\n'),
      lines.join('\n').replaceAll('":"', '": "'),
    ];
    for (const text of texts) expect(await differenceOf([Buffer.from(text)]), text.slice(0, 80)).toBeNull();
  });

  test('for tags that come together again, for those that never do, and for some of each', async () => {
    const text = SOUND.find((one) => one.includes('"ses:source-ip"')) ?? '';
    // The first are alike, so that what is only true of them isn't found out while records are read both ways.
    const tagged = (tag: (i: number) => string): string[] =>
      repeated(text, 1300).map((line, i) =>
        i < 10 ? line : line.replace(/("(?:ses:source-ip|campaign|treatment)":\[")[^"]*/g, `$1${tag(i)}`),
      );
    const again = tagged((i) => `set ${i % 3}`);
    const never = tagged((i) => `set ${i}`);
    const some = tagged((i) => (i % 5 === 0 ? `a\\"b${i}` : i % 7 === 0 ? '' : `to a${i % 3}@example.com`));
    for (const lines of [again, never, some, [...again, ...never], [...never, ...again]]) {
      expect(lines[10]).not.toBe(lines[9]?.replace('message-9', 'message-10'));
      expect(await differenceOf([Buffer.from(lines.join('\n'))])).toBeNull();
    }
    const hashed = { ...DEFAULT_SETTINGS, addresses: 'hashed' as const };
    expect(await differenceOf([Buffer.from(some.join('\n'))], hashed)).toBeNull();
  });

  test('with hashed addresses, where some tags of a mail hold one and their neighbours do not', async () => {
    const tagged = SOUND.filter((text) => text.includes('"tags":{'));
    expect(tagged.length).toBeGreaterThan(3);
    const VALUES = ['a', 'ann@example.org', 'b', 'bob@example.net', 'c'];
    const lines = tagged.flatMap((text) =>
      Array.from({ length: 120 }, (_, i) => {
        const [one, two, three] = [i, Math.floor(i / 5), Math.floor(i / 25)].map((n) => VALUES[n % VALUES.length]);
        const tags = `"tags":{"team":["${one}"],"campaign_id":["${two}"],"template":["${three}"]}`;
        return text.replace(/"tags":\{[^}]*\}/, tags).replace(/("message_?[iI]d":")[^"]*/, `$1message-${i}`);
      }),
    );
    const settings = { ...DEFAULT_SETTINGS, addresses: 'hashed' as const, dimensions: ['team', 'template'] };
    expect(await differenceOf([Buffer.from(lines.join('\n'))], settings)).toBeNull();
  });

  test('with other settings: tags that mean columns, headers of all events, the compatible profile', async () => {
    const bytes = Buffer.from(SOUND.flatMap((text) => repeated(text, 6)).join('\n'));
    const settings = [
      { ...DEFAULT_SETTINGS, tags: [['team', 'campaign_id']] as const },
      { ...DEFAULT_SETTINGS, headerCarriers: ['send', 'delivered', 'open', 'click'] },
      { ...DEFAULT_SETTINGS, parquet: 'compatible' as const },
      { ...DEFAULT_SETTINGS, limits: { ...DEFAULT_SETTINGS.limits, recordBytes: 1500 } },
    ];
    for (const one of settings) expect(await differenceOf([bytes], one)).toBeNull();
  });
});
