/** Reads generated objects with the lake's reader and decoder, to compare them with the truth file. */

import { partitionDay } from '#lake/days.ts';
import { makeDecoder } from '#lake/decode/decode.ts';
import { deliveredAt } from '#lake/decode/time.ts';
import { readObject } from '#lake/read/object.ts';
import type { JsonValue } from '#lake/read/record.ts';
import { DEFAULT_SETTINGS } from '#lake/settings.ts';
import { ObjectRejection, Rejection } from '#lake/vocabulary.ts';
import { bodyOf, keysIn, modifiedOf } from './folder.ts';

export interface EventSeen {
  date: string;
  key: string | null;
  domain: string | null;
  campaign: string | null;
  type: string;
}

/** What the reader and the decoder make of one object. */
export interface ObjectSeen {
  rows: number;
  skipped: Record<string, number>;
  quarantined: Record<string, number>;
}

export interface Seen {
  records: number;
  accepted: number;
  skipped: Record<string, number>;
  quarantined: Record<string, number>;
  /** by event_id */
  events: Map<string, EventSeen>;
  headers: Set<string>;
  clicks: Set<string>;
  objects: Map<string, ObjectSeen>;
}

const count = (counts: Record<string, number>, name: string): void => {
  counts[name] = (counts[name] ?? 0) + 1;
};

/** Reads a whole raw folder with the lake's own reader and decoder, and settles it by keeping one of each key. */
export async function readFolder(folder: string): Promise<Seen> {
  const seen: Seen = {
    records: 0,
    accepted: 0,
    skipped: {},
    quarantined: {},
    events: new Map(),
    headers: new Set(),
    clicks: new Set(),
    objects: new Map(),
  };
  for (const key of keysIn(folder)) {
    const object = await readOne(folder, key, seen);
    seen.objects.set(key, object);
    seen.accepted += object.rows;
    seen.records += object.rows;
    for (const [from, to] of [
      [object.skipped, seen.skipped],
      [object.quarantined, seen.quarantined],
    ] as const)
      for (const [name, n] of Object.entries(from)) {
        to[name] = (to[name] ?? 0) + n;
        seen.records += n;
      }
  }
  return seen;
}

async function readOne(folder: string, key: string, seen: Seen): Promise<ObjectSeen> {
  const decode = makeDecoder(DEFAULT_SETTINGS);
  const object: ObjectSeen = { rows: 0, skipped: {}, quarantined: {} };
  const context = {
    attempt: 'a',
    sourceKey: key,
    sourceOrdinal: 0,
    deliveredAt: deliveredAt(key, modifiedOf(folder, key), 0),
  };
  const sink = {
    event: (row: Parameters<Parameters<typeof decode>[3]['event']>[0]) => {
      seen.events.set(row.event_id, {
        date: partitionDay(row.occurred_at),
        key: row.recipient_key,
        domain: row.recipient_domain,
        campaign: row.campaign_id,
        type: row.event_type,
      });
      return true;
    },
    header: (row: { message_id: string; position: number | bigint }) => {
      seen.headers.add(`${row.message_id} ${row.position}`);
    },
    click: (row: { event_id: string }) => {
      seen.clicks.add(row.event_id);
    },
  };
  try {
    await readObject(bodyOf(folder, key), DEFAULT_SETTINGS.limits, {
      record: (value: JsonValue, text: string) => {
        try {
          const verdict = decode(value, text, context, sink);
          if (verdict.is === 'skipped') count(object.skipped, verdict.type);
          else object.rows++;
        } catch (error) {
          if (!(error instanceof Rejection)) throw error;
          count(object.quarantined, error.reason);
        }
      },
      skip: (kind) => count(object.skipped, kind),
      reject: (rejection) => count(object.quarantined, rejection.reason),
    });
    return object;
  } catch (error) {
    if (!(error instanceof ObjectRejection)) throw error;
    return { rows: 0, skipped: {}, quarantined: { [error.reason]: 1 } };
  }
}
