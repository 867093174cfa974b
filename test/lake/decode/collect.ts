/** Decodes records and collects the rows, for the decoder's tests. */
import { makeDecoder } from '#lake/decode/decode.ts';
import type { RecordContext, RowSink, Verdict } from '#lake/decode/types.ts';
import { readObject } from '#lake/read/object.ts';
import type { JsonValue } from '#lake/read/record.ts';
import { DEFAULT_SETTINGS, type Settings } from '#lake/settings.ts';
import type { ClickRow } from '#lake/tables/clicks.ts';
import type { EventRow } from '#lake/tables/events.ts';
import type { HeaderRow } from '#lake/tables/headers.ts';
import { Rejection } from '#lake/vocabulary.ts';

/** All that came of some records: copies of the rows, and what became of each record. */
export interface Collected {
  events: EventRow[];
  headers: HeaderRow[];
  clicks: ClickRow[];
  verdicts: (Verdict | { is: 'quarantined'; reason: string; detail: string })[];
}

export const DELIVERED = Date.parse('2026-11-01T00:00:00Z');

/** A sink that keeps copies of the rows and, as the real one, drops events whose id it has. */
export const makeCollector = (): { collected: Collected; sink: RowSink } => {
  const collected: Collected = { events: [], headers: [], clicks: [], verdicts: [] };
  const ids = new Set<string>();
  const sink: RowSink = {
    event(draft) {
      if (ids.has(draft.event_id)) return false;
      ids.add(draft.event_id);
      collected.events.push({ ...draft });
      return true;
    },
    header: (draft) => void collected.headers.push({ ...draft }),
    click: (draft) => void collected.clicks.push({ ...draft }),
  };
  return { collected, sink };
};

const contextOf = (sourceOrdinal: number, more: Partial<RecordContext> = {}): RecordContext => ({
  attempt: 'unit.version',
  sourceKey: 'raw/object',
  sourceOrdinal,
  deliveredAt: DELIVERED,
  ...more,
});

/** Decodes JSON texts, one record each. */
export const decodeTexts = (
  texts: readonly string[],
  settings: Partial<Settings> = {},
  context: Partial<RecordContext> = {},
): Collected => {
  const decode = makeDecoder({ ...DEFAULT_SETTINGS, ...settings });
  const { collected, sink } = makeCollector();
  texts.forEach((text, ordinal) => {
    try {
      collected.verdicts.push(decode(JSON.parse(text), text, contextOf(ordinal, context), sink));
    } catch (error) {
      if (!(error instanceof Rejection)) throw error;
      collected.verdicts.push({ is: 'quarantined', reason: error.reason, detail: error.detail });
    }
  });
  return collected;
};

/** Decodes values as if each had been parsed from its own JSON. */
export const decodeValues = (...values: unknown[]): Collected =>
  decodeTexts(values.map((value) => JSON.stringify(value)));

/** The only event row of a record. */
export const onlyEvent = (value: unknown): EventRow => {
  const { events, verdicts } = decodeValues(value);
  const [event] = events;
  if (event === undefined || events.length > 1) throw new Error(`not one event: ${JSON.stringify(verdicts)}`);
  return event;
};

/** What becomes of one record that makes no rows; fails if it leaves any. */
export const verdictOf = (text: string): Collected['verdicts'][number] | undefined => {
  const { events, headers, clicks, verdicts } = decodeTexts([text]);
  if (events.length + headers.length + clicks.length > 0) throw new Error('there are rows');
  return verdicts[0];
};

/** Reads and decodes a raw object, as transform does. */
export const decodeObject = async (bytes: Uint8Array): Promise<Collected> => {
  const decode = makeDecoder(DEFAULT_SETTINGS);
  const { collected, sink } = makeCollector();
  const { verdicts } = collected;
  async function* body() {
    yield bytes;
  }
  await readObject(body(), DEFAULT_SETTINGS.limits, {
    record(value: JsonValue, text: string, place) {
      try {
        verdicts.push(decode(value, text, contextOf(place.ordinal), sink));
      } catch (error) {
        if (!(error instanceof Rejection)) throw error;
        this.reject(error, place);
      }
    },
    skip: (type) => void verdicts.push({ is: 'skipped', type }),
    reject: ({ reason, detail }) => void verdicts.push({ is: 'quarantined', reason, detail }),
  });
  return collected;
};
