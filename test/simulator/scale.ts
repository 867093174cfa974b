/**
 * Full size, at 30 ms a call: `node --expose-gc test/simulator/scale.ts`. A tick over three full hours; 5,000,000 objects over
 * 700 days planned; and the same planned, transformed (stubbed work) and settled with live mail beside it.
 */
import { playBacklog } from './backlog.ts';
import { backlogText } from './backlog-text.ts';
import { type PlanScale, planBacklog, planTick } from './plan-scale.ts';

const line = (name: string, { objects, plans, calls, seconds, heapMb }: PlanScale): string =>
  `${name}: ${objects} objects in ${plans} plans, ${calls} calls, ${seconds} s simulated, heap ${heapMb.join(', ')} MB`;

console.log(line('tick', await planTick(42_000)));
console.log(line('plan of a backlog', await planBacklog(700, 5_000_000)));
const report = await playBacklog({ days: 700, objects: 5_000_000 });
console.log(`backlog: ${backlogText(report)}`);
const problems = [
  report.units === 700 * 24 || `only ${report.units} units are done`,
  report.rows === report.objects * 30 || `${report.rows} rows, not ${report.objects * 30}`,
  report.generations / report.days < 1.1 || 'days are settled more than once',
  report.live.most < 16 || `live mail waits for ${report.live.most} min`,
].filter((problem) => problem !== true);
for (const problem of problems) console.log(`FAILED: ${problem}`);
// Workers wait for messages that never come.
process.exit(problems.length > 0 ? 1 : 0);
