/**
 * Drift that can't be repaired, such as a raw object that was rewritten: raw data is never changed, so no step mends it.
 * When a person has acknowledged such a drift, a record in the store says so; later audits list it as acknowledged and
 * don't count it as drift.
 */
import { hash } from 'node:crypto';
import type { Ports, Store } from '../../ports.ts';
import { acknowledgedKey, acknowledgedRoot } from '../../protocol/keys.ts';
import { createState } from '../../protocol/records.ts';
import type { Drift, DriftKind } from './drifts.ts';

/** Every other kind can be mended; acknowledging it would hide a loss. */
const HISTORY: ReadonlySet<DriftKind> = new Set([
  'other_settings',
  'outside_template',
  'planned_twice',
  'raw_changed',
  'source_missing',
]);

export const mayBeAcknowledged = ({ kind }: Drift): boolean => HISTORY.has(kind);

/**
 * Drifts apart from those that a person has acknowledged. The same object in another drift, or changed again, is new.
 */
export async function splitAcknowledged(
  lake: Pick<Store, 'list'>,
  drifts: readonly Drift[],
): Promise<{ drifts: Drift[]; acknowledged: Drift[] }> {
  if (!drifts.some(mayBeAcknowledged)) return { drifts: [...drifts], acknowledged: [] };
  const marks = new Set<string>();
  for await (const { key } of lake.list(acknowledgedRoot)) marks.add(key);
  const isMarked = (drift: Drift): boolean => mayBeAcknowledged(drift) && marks.has(markOf(drift));
  return { drifts: drifts.filter((drift) => !isMarked(drift)), acknowledged: drifts.filter(isMarked) };
}

/** Marks those drifts of an audit that may be acknowledged; the marks are create-only and say when. */
export async function markAcknowledged(
  { lake, clock }: Pick<Ports, 'lake' | 'clock'>,
  drifts: readonly Drift[],
): Promise<void> {
  for (const drift of drifts.filter(mayBeAcknowledged)) {
    await createState(lake, markOf(drift), { ...drift, acknowledged_at: clock.now() });
  }
}

const markOf = ({ kind, key, detail }: Drift): string =>
  acknowledgedKey(kind, hash('sha256', JSON.stringify([kind, key, detail]), 'hex').slice(0, 32));
