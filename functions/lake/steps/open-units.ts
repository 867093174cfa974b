import type { Store, UnitMessage } from '../ports.ts';
import { allPlans, decidedUnits, readPlan } from './state.ts';

export interface OpenUnit extends UnitMessage {
  rawPrefix: string;
  /** epoch ms */
  plannedAt: number;
  /** bytes of its objects as stored */
  bytes: number;
}

/** Every planned unit that has no outcome yet: what transform still has to do, whatever became of messages. */
export async function openUnits(lake: Pick<Store, 'list' | 'get'>): Promise<OpenUnit[]> {
  const decided = await decidedUnits(lake);
  const open: OpenUnit[] = [];
  for await (const { key, modified } of allPlans(lake)) {
    const plan = await readPlan(lake, key);
    for (const { id, objects } of plan.units) {
      if (decided.has(id)) continue;
      const bytes = objects.reduce((sum, { size }) => sum + size, 0);
      open.push({ unit: id, plan: key, rawPrefix: plan.prefix, plannedAt: modified, bytes });
    }
  }
  return open;
}
