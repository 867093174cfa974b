/** Prints what happened in a schedule, as short as possible. */
import { type Outcome, playSchedule } from './schedule.ts';
import type { TraceEntry } from './scheduler.ts';
import type { Variant } from './world.ts';

/** Lines of a trace that are shown at most; the last ones. */
const MOST_LINES = 80;

/** Finds a schedule that breaks the same rule with fewer entries in its agenda, by leaving out one after the other. */
export async function shrunk(failed: Outcome, variant?: Variant): Promise<{ outcome: Outcome; without: number[] }> {
  const rule = failed.violations[0]?.rule;
  const without = new Set<number>();
  let outcome = await playSchedule(failed.seed, { variant });
  for (let entry = failed.entries - 1; entry >= 0; entry--) {
    const shorter = await playSchedule(failed.seed, { variant, without: new Set([...without, entry]) });
    if (shorter.violations[0]?.rule !== rule) continue;
    without.add(entry);
    outcome = shorter;
  }
  return { outcome, without: [...without].sort((a, b) => a - b) };
}

/** The violation, what led to it (writes, deaths, starts and failures), and how to play it again. */
export function traceText({ seed, violations, trace }: Outcome, without: readonly number[] = []): string {
  const lines = trace.filter(isTelling).map(lineOf);
  const cut = lines.length > MOST_LINES ? [`… ${lines.length - MOST_LINES} lines before`] : [];
  const again = `node test/simulator/soak.ts --seed ${seed}${without.length > 0 ? ` --without ${without.join(',')}` : ''}`;
  return [...violations.map(({ message }) => message), ...cut, ...lines.slice(-MOST_LINES), `again: ${again}`].join(
    '\n',
  );
}

/** Reads change nothing: only what was disturbed, written, switched or removed tells the story. */
const isTelling = ({ what, fate }: TraceEntry): boolean =>
  (fate !== 'done' && fate !== 'answer late') || /create$|remove|switch|ensure|query (writes|reads)|send/.test(what);

const lineOf = ({ at, who, what, subject, fate }: TraceEntry): string =>
  `${new Date(at).toISOString().slice(5, 23)}  ${who}  ${what} ${subject}${fate === '' || fate === 'done' ? '' : `  [${fate}]`}`;
