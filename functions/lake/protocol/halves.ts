/**
 * Halves of a unit that was split: unit `<id>` becomes `<id>a` and `<id>b`. They are derived from the unit's plan and have
 * no plan of their own.
 */
import { plannedIdOf } from './keys.ts';
import type { Plan, PlannedUnit } from './records.ts';

/** The halves in order of their objects; null if there is but one object. */
export function halvesOf({ id, objects }: PlannedUnit): [PlannedUnit, PlannedUnit] | null {
  if (objects.length < 2) return null;
  const middle = Math.ceil(objects.length / 2);
  return [
    { id: `${id}a`, objects: objects.slice(0, middle) },
    { id: `${id}b`, objects: objects.slice(middle) },
  ];
}

/** A unit of a plan, or a half of one at any depth; null if the plan has no such unit. */
export function unitOfPlan(plan: Plan, id: string): PlannedUnit | null {
  const planned = plannedIdOf(id);
  const turns = id.slice(planned.length);
  let unit: PlannedUnit | null = plan.units.find((candidate) => candidate.id === planned) ?? null;
  for (const turn of turns) unit = (unit && halvesOf(unit)?.[turn === 'a' ? 0 : 1]) ?? null;
  return unit;
}

/** The unit that a half is of; null for a planned unit. */
export const parentOf = (id: string): string | null => (/\d[ab]+$/.test(id) ? id.slice(0, -1) : null);

/** When the newest object of a unit was written, epoch ms. */
export const newestOf = ({ objects }: PlannedUnit): number =>
  objects.reduce((newest, { modified }) => Math.max(newest, modified), 0);
