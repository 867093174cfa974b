/** Decides at random which simulated calls fail, are late, or kill their process. */
import type { Chance } from './chance.ts';
import type { Fate, FateOf, Task } from './scheduler.ts';

/** How rough a schedule is: probabilities for each port call. */
export interface Roughness {
  kill: number;
  /** refused, answer lost, or done twice */
  error: number;
  late: number;
  /** processes that may die in one schedule, else nothing would ever get done */
  mostKills: number;
}

export const roughness = (chance: Chance): Roughness =>
  chance.oneOf([
    { kill: 0, error: 0, late: 0.2, mostKills: 0 },
    { kill: 0.01, error: 0.004, late: 0.1, mostKills: 4 },
    { kill: 0.02, error: 0.02, late: 0.1, mostKills: 8 },
    { kill: 0.05, error: 0, late: 0.3, mostKills: 12 },
  ]);

const KILLS = ['killed before', 'killed after', 'effect after death'] as const;
const ERRORS = ['refused', 'answer lost', 'done twice'] as const;

/** Calls whose end decides what others see: a death right there is worth more than elsewhere. */
const isDecisive = ({ op, subject }: Task): boolean =>
  op === 'catalog.switch' || (op === 'lake.create' && subject.startsWith('v1/state/'));

/**
 * Between a generation and the switch, readers are pointed at the one before until somebody heals; and what is said of a raw object
 * that is written once more is told by nobody else.
 */
const isHalfDone = ({ op, subject }: Task): boolean =>
  op === 'raw.replace' || (op === 'catalog.switch' && subject.includes('v1/settled/'));

/** Draws the fate of each call. */
export function drawnFates(chance: Chance, { kill, error, late, mostKills }: Roughness): FateOf {
  let kills = 0;
  return (task): Fate => {
    if (task.process.name.startsWith('query')) return 'done';
    if (kills < mostKills && chance.happens(isHalfDone(task) ? 10 * kill : isDecisive(task) ? 3 * kill : kill)) {
      kills++;
      return chance.oneOf(KILLS);
    }
    if (chance.happens(error)) return chance.oneOf(ERRORS);
    return late > 0 && !task.op.endsWith(' answers') && chance.happens(late) ? 'answer late' : 'done';
  };
}
