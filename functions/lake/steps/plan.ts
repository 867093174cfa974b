/** plan: seals new raw objects into units. Each object ends up in exactly one plan, because plans are create-only. */
import type { Ports, RawStore, UnitMessage } from '../ports.ts';
import type { Limits, Settings } from '../settings.ts';
import { utcDate } from './day.ts';
import { numberOf, planKey, unitId } from './layout.ts';
import { createState, type Plan, type PlannedObject, type PlannedUnit, planKeysOf, readPlan } from './state.ts';

export interface Planned {
  messages: UnitMessage[];
  /** objects sealed now */
  objects: number;
  bytes: number;
  /** objects sealed before */
  known: number;
  /** objects that were planned before with another etag: rewritten raw data, which is an alarm and never read again */
  changed: string[];
}

/** Objects that one plan holds at most; the rest goes into the next plan. */
const MOST_OBJECTS = 50_000;

/**
 * Seals the objects below a raw prefix that are in no plan of it yet. Any number of planners may run at once: plan n + 1
 * is created by one of them, the others start over. Prefixes must not contain each other, or an object would be planned
 * twice.
 */
export async function planPrefix(
  ports: Pick<Ports, 'raw' | 'lake' | 'clock'>,
  settings: Settings,
  rawPrefix: string,
): Promise<Planned> {
  const result: Planned = { messages: [], objects: 0, bytes: 0, known: 0, changed: [] };
  for (;;) {
    const planned = new Map<string, string>();
    const keys = await planKeysOf(ports.lake, rawPrefix);
    for (const key of keys) {
      for (const unit of (await readPlan(ports.lake, key)).units) {
        for (const object of unit.objects) planned.set(object.key, object.etag);
      }
    }
    const { fresh, changed, isMore } = await freshObjects(ports.raw, rawPrefix, planned);
    if (fresh.length === 0) return { ...result, known: planned.size - result.objects, changed };

    const newest = keys.at(-1);
    const n = newest === undefined ? 0 : (numberOf(newest) ?? 0) + 1;
    const planDay = utcDate(ports.clock.now());
    const units = seal(fresh, settings.limits, (i) => unitId(planDay, rawPrefix, n, i));
    const plan: Plan = { prefix: rawPrefix, units };
    const key = planKey(rawPrefix, n);
    if (!(await createState(ports.lake, key, plan))) continue;
    result.messages.push(...units.map(({ id }) => ({ unit: id, plan: key })));
    result.objects += fresh.length;
    result.bytes += fresh.reduce((sum, { size }) => sum + size, 0);
    if (!isMore) return { ...result, known: planned.size + fresh.length - result.objects, changed };
  }
}

/** What a listing holds beyond the planned keys, in key order, up to the most that a plan takes. */
async function freshObjects(
  raw: RawStore,
  rawPrefix: string,
  planned: ReadonlyMap<string, string>,
): Promise<{ fresh: PlannedObject[]; changed: string[]; isMore: boolean }> {
  const fresh: PlannedObject[] = [];
  const changed: string[] = [];
  for await (const { key, etag, size, modified } of raw.list(rawPrefix)) {
    const seen = planned.get(key);
    if (seen !== undefined) {
      if (seen !== etag) changed.push(key);
    } else if (fresh.length < MOST_OBJECTS) {
      fresh.push({ key, etag, size, modified });
    } else {
      return { fresh, changed, isMore: true };
    }
  }
  return { fresh, changed, isMore: false };
}

/** Cuts objects, which are in key order, into units within the limits. */
function seal(objects: readonly PlannedObject[], limits: Limits, id: (i: number) => string): PlannedUnit[] {
  const units: PlannedUnit[] = [];
  let open: PlannedUnit | null = null;
  let bytes = 0;
  for (const object of objects) {
    const expected = expectedBytes(object);
    if (!open || open.objects.length >= limits.unitObjects || bytes + expected > limits.unitBytes) {
      open = { id: id(units.length), objects: [] };
      units.push(open);
      bytes = 0;
    }
    open.objects.push(object);
    bytes += expected;
  }
  return units;
}

/** Raw bytes to expect: mail events compress about eightfold. */
export const expectedBytes = ({ key, size }: Pick<PlannedObject, 'key' | 'size'>): number =>
  key.endsWith('.gz') ? size * 8 : size;
