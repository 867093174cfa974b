/** Plan at full size: `node --expose-gc test/simulator/scale.ts`. A tick over three full hours, and 5,000,000 objects over 700 days. */
import { type PlanScale, planBacklog, planTick } from './plan-scale.ts';

const line = (name: string, { objects, plans, calls, seconds, heapMb }: PlanScale): string =>
  `${name}: ${objects} objects in ${plans} plans, ${calls} calls, ${seconds} s simulated, heap ${heapMb.join(', ')} MB`;

console.log(line('tick', await planTick(42_000)));
console.log(line('backlog', await planBacklog(700, 5_000_000)));
