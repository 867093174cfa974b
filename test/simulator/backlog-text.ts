/** Prints the result of a simulated backlog. */
import type { BacklogReport } from './backlog.ts';

const hours = (h: number): string => (h < 1 ? `${(h * 60).toFixed(1)} min` : `${h.toFixed(2)} h`);

/** What became of a backlog, in a few lines. */
export function backlogText(report: BacklogReport): string {
  const { objects, units, plannedAfter, transformedAfter, settledAfter, days, generations, live, calls } = report;
  return [
    `${objects} objects in ${units} units: planned in ${hours(plannedAfter)}, transformed in ${hours(transformedAfter)}, settled in ${hours(settledAfter)} (simulated)`,
    `${days} days of tables in ${generations} generations, ${(generations / Math.max(1, days)).toFixed(3)} each, at most ${report.mostGenerations}`,
    `live mail beside it: ${live.objects} objects, ${live.mean} min from arrival to outcome, at most ${live.most} min`,
    `calls: ${Object.entries(calls)
      .map(([who, n]) => `${n} ${who}`)
      .join(', ')}`,
    `heap while planning: ${report.heapMb.join(', ')} MB`,
  ].join('\n');
}
