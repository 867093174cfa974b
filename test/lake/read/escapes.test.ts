import { describe, expect, test } from 'vitest';
import { makeDecoder } from '#lake/decode/decode.ts';
import { readObject } from '#lake/read/object.ts';
import type { JsonValue } from '#lake/read/record.ts';
import { DEFAULT_SETTINGS } from '#lake/settings.ts';
import type { EventRow } from '#lake/tables/events.ts';
import { event } from './reading.ts';

const PLAIN = JSON.stringify(event('für Sie 😀'));
const ESCAPED = JSON.stringify(event('half')).replace('half', 'half \\ud83d');

const sns = (message: string): string => JSON.stringify({ Type: 'Notification', TopicArn: 'arn', Message: message });
const failure = (inner: string): string =>
  JSON.stringify({ attemptsMade: 4, errorCode: 'X', rawData: Buffer.from(inner).toString('base64') });

describe('a record without escapes', () => {
  test.each([
    ['alone', PLAIN],
    ['in an SNS message', sns(PLAIN)],
    ['beside others', `${PLAIN}\n${PLAIN}\n`],
  ])('is said to have none: %s', async (_where, text) => {
    expect(new Set(await escapesOf([text]))).toEqual(new Set([false]));
  });
});

describe('fault 21: a record with an escape is looked through for halves of surrogates', () => {
  test.each([
    ['alone', ESCAPED],
    ['in an SNS message', sns(ESCAPED)],
    ['in an SNS message, as a half itself', sns(ESCAPED).replace('\\\\ud83d', '\\ud83d')],
    ['in an SNS message, its backslash escaped', sns(ESCAPED).replace('\\\\ud83d', '\\u005cud83d')],
    ['in two letters', sns(sns(ESCAPED))],
    ['in what Firehose could not deliver', failure(ESCAPED)],
    ['in a message that Firehose could not deliver', failure(sns(ESCAPED))],
  ])('%s', async (_where, text) => {
    expect(await escapesOf([text])).toEqual([true]);
    expect(await extrasOf([text])).toEqual([expect.stringContaining('lone_surrogate')]);
  });

  test('wherever the bytes are cut, and in whatever company', async () => {
    const company = Array<string>(300).fill(PLAIN);
    const text = `${[...company, ESCAPED, ...company].join('\n')}\n`;
    const at = text.indexOf('\\ud83d');
    const wanted = [...company.map(() => false), true, ...company.map(() => false)];
    for (let cut = at - 2; cut < at + 8; cut++) {
      const found = await extrasOf([text.slice(0, cut), text.slice(cut)]);
      expect(found.map((extras) => extras?.includes('lone_surrogate') ?? false)).toEqual(wanted);
    }
  });
});

type Seen = (value: JsonValue, text: string, hasEscapes: boolean | undefined) => void;

async function look(chunks: readonly string[], seen: Seen): Promise<void> {
  await readObject(bodyOf(chunks), DEFAULT_SETTINGS.limits, {
    record: (value, text, place) => seen(value, text, place.hasEscapes),
    skip: (kind) => expect.fail(kind),
    reject: (rejection) => expect.fail(rejection.detail),
  });
}

async function escapesOf(chunks: readonly string[]): Promise<(boolean | undefined)[]> {
  const found: (boolean | undefined)[] = [];
  await look(chunks, (_value, _text, hasEscapes) => found.push(hasEscapes));
  return found;
}

/** What the decoder puts into extras when it believes the place. */
async function extrasOf(chunks: readonly string[]): Promise<EventRow['extras'][]> {
  const found: EventRow['extras'][] = [];
  const decode = makeDecoder(DEFAULT_SETTINGS);
  const sink = {
    event: ({ extras }: EventRow) => found.push(extras) > 0,
    header() {},
    click() {},
  };
  await look(chunks, (value, text, hasEscapes) =>
    decode(value, text, { attempt: 'u.v', sourceKey: 'k', sourceOrdinal: 0, deliveredAt: 0, hasEscapes }, sink),
  );
  return found;
}

/** Chunks of 64 KB or more are split as they come, smaller ones joined before. */
async function* bodyOf(chunks: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}
