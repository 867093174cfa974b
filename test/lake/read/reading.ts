/** Reads bytes with the lake's reader and notes what it reports. */
import { readObject } from '#lake/read/object.ts';
import type { JsonValue, Place, RecordVisitor } from '#lake/read/record.ts';
import { DEFAULT_SETTINGS, type Limits } from '#lake/settings.ts';

/** What the visitor was told: a value, or `skip <kind>`, or `reject <reason>`. */
export type Told = { record: JsonValue } | { skip: string } | { reject: string };

export interface Reading {
  told: Told[];
  texts: string[];
  places: { ordinal: number; offset: number; length: number; raw: string }[];
  records: number;
  bytes: number;
}

export const LIMITS: Limits = DEFAULT_SETTINGS.limits;

/** A visitor that writes down what it is told. */
export function notes(): RecordVisitor & Pick<Reading, 'told' | 'texts' | 'places'> {
  const told: Told[] = [];
  const texts: string[] = [];
  const places: Reading['places'] = [];
  const note = (place: Place): void => {
    const { ordinal, offset, length } = place;
    places.push({ ordinal, offset, length, raw: Buffer.from(place.raw(100)).toString('latin1') });
  };
  return {
    told,
    texts,
    places,
    record(value, text, place) {
      told.push({ record: value });
      texts.push(text);
      note(place);
    },
    skip(kind, place) {
      told.push({ skip: kind });
      note(place);
    },
    reject(rejection, place) {
      told.push({ reject: rejection.reason });
      note(place);
    },
  };
}

/** Reads bytes or text as one object. */
export async function read(input: Uint8Array | string, limits: Partial<Limits> = {}): Promise<Reading> {
  return readChunks([typeof input === 'string' ? Buffer.from(input) : input], limits);
}

export async function readChunks(
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  limits: Partial<Limits> = {},
): Promise<Reading> {
  const { told, texts, places, ...visitor } = notes();
  const counts = await readObject(body(chunks), { ...LIMITS, ...limits }, visitor);
  return { told, texts, places, ...counts };
}

export async function told(input: Uint8Array | string, limits: Partial<Limits> = {}): Promise<Told[]> {
  return (await read(input, limits)).told;
}

/** What `told` gives for plain records. */
export function records(...values: JsonValue[]): Told[] {
  return values.map((record) => ({ record }));
}

/** A small Pinpoint event. */
export function event(id: string): { [key: string]: JsonValue } {
  const headers = [
    { name: 'Subject', value: id },
    { name: 'X-Tag', value: 'a' },
  ];
  const mail = { message_id: id, headers, destination: ['reader@example.org'] };
  return {
    event_type: '_email.send',
    event_timestamp: 1,
    facets: { email_channel: { mail_event: { mail, send: {} } } },
  };
}

export function line(id: string): string {
  return `${JSON.stringify(event(id))}\n`;
}

async function* body(chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* chunks;
}
