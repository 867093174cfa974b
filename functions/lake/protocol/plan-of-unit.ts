/**
 * Reads one unit out of a plan. A plan has up to 50,000 objects, and each of its units asks for it: to parse all of it took 0.13 s of
 * CPU a unit. So the unit is looked for in the bytes, which `createState` wrote, and only that part is parsed. A quotation mark within
 * a JSON text has a backslash before it; so `{"id":"` begins a unit wherever it stands.
 */
import type { Store } from '../ports.ts';
import { plannedIdOf } from './keys.ts';
import { type Plan, readBytes, readPlan } from './records.ts';

const [QUOTE, BACKSLASH, OPEN, CLOSE] = [0x22, 0x5c, 0x7b, 0x7d];
const UNITS = '"units":[';

/**
 * The plan's prefix and kind, and of its units the one that was asked for, or that it is a part of; none if the plan has no such.
 * @throws MissingObject, or DamagedRecord naming the plan
 */
export async function readPlanOf(store: Pick<Store, 'get'>, key: string, unit: string): Promise<Plan> {
  const id = plannedIdOf(unit);
  const found = planIn(Buffer.from(await readBytes(store, key)), id);
  if (found) return found;
  const plan = await readPlan(store, key);
  return { ...plan, units: plan.units.filter((one) => one.id === id) };
}

/** Null if the bytes are not as `createState` writes them, or have no such unit. */
function planIn(bytes: Buffer, id: string): Plan | null {
  const units = bytes.indexOf(UNITS);
  const from = bytes.indexOf(`{"id":${JSON.stringify(id)},`, Math.max(0, units));
  if (units < 0 || from < 0) return null;
  try {
    const head: Plan = JSON.parse(`${bytes.toString('utf8', 0, units)}${UNITS}]}`);
    if (head.prefix === undefined) return null;
    return { ...head, units: [JSON.parse(bytes.toString('utf8', from, endOfObject(bytes, from)))] };
  } catch {
    return null;
  }
}

/** Behind the bracket that closes what opens at `from`; the end of the bytes if none does. */
function endOfObject(bytes: Uint8Array, from: number): number {
  let depth = 0;
  for (let i = from; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) {
      for (i++; bytes[i] !== QUOTE && i < bytes.length; i++) if (bytes[i] === BACKSLASH) i++;
    } else if (byte === OPEN) depth++;
    else if (byte === CLOSE && --depth === 0) return i + 1;
  }
  return bytes.length;
}
