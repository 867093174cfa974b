import { deliveredAt } from '../decode/time.ts';
import { UnitRows } from './append.ts';
import { Tally } from './tally.ts';
import type { ReadUnit } from './unit-content.ts';

/** Quarantines the objects of a unit whole, without reading them: whoever read them died of it. */
export const readPoison: ReadUnit = async (_, unit, attempt, { settings }) => {
  const rows = new UnitRows();
  const tally = new Tally();
  let newestDeliveredAt: number | null = null;
  for (const { key, modified } of unit.objects) {
    const delivered = deliveredAt(key, modified, settings.objectNameOffsetHours);
    newestDeliveredAt = Math.max(newestDeliveredAt ?? 0, delivered);
    tally.quarantined('poison');
    rows.quarantine({
      attempt,
      source_key: key,
      source_ordinal: 0,
      byte_offset: null,
      byte_length: null,
      range_ordinal: null,
      reason: 'poison',
      detail: 'not read: it made its unit fail three times',
      raw: null,
      delivered_to_lake_at: delivered,
    });
  }
  return {
    counts: tally.counts(),
    problems: [],
    newestDeliveredAt,
    files: () => rows.files(settings.parquet, settings.limits.fileBytes),
  };
};
