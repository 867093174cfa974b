/**
 * Plays many schedules in several processes, and prints how many, how long they were and what they broke.
 *
 *     node test/simulator/soak.ts [--seeds N] [--from S] [--workers W] [--minutes M]
 *     node test/simulator/soak.ts --seed S [--without 1,2,3]     plays one, and prints its trace
 *
 * Ends when N schedules are played or M minutes are over. Exit code 0: nothing was broken.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { playSchedule } from './schedule.ts';
import { shrunk, traceText } from './trace.ts';

export interface SoakOptions {
  seeds: number;
  from: number;
  workers: number;
  minutes: number;
}

export interface SoakSum {
  schedules: number;
  /** port calls while anything could go wrong */
  calls: number;
  /** and in the undisturbed rounds after it */
  calmCalls: number;
  kills: number;
  /** of all processes together, ms */
  cpuMs: number;
  violations: { seed: number; text: string }[];
}

const NOTHING: SoakSum = { schedules: 0, calls: 0, calmCalls: 0, kills: 0, cpuMs: 0, violations: [] };
/** Failing schedules that are shrunk and shown. */
const MOST_SHOWN = 3;

/** Plays the seeds from `from` on, `step` apart, in this process. */
export async function playSeeds(
  from: number,
  seeds: number,
  step: number,
  until = Number.POSITIVE_INFINITY,
): Promise<SoakSum> {
  const sum: SoakSum = { ...NOTHING, violations: [] };
  const before = process.cpuUsage();
  for (let seed = from; seed < from + seeds && Date.now() < until; seed += step) {
    const outcome = await playSchedule(seed, { isTraced: false });
    sum.schedules++;
    sum.calls += outcome.calls;
    sum.calmCalls += outcome.calmCalls;
    sum.kills += outcome.kills;
    if (outcome.violations.length === 0) continue;
    if (sum.violations.length < MOST_SHOWN) {
      const { outcome: shorter, without } = await shrunk(outcome);
      sum.violations.push({ seed, text: traceText(shorter, without) });
    } else sum.violations.push({ seed, text: outcome.violations[0]?.message ?? '' });
  }
  const { user, system } = process.cpuUsage(before);
  sum.cpuMs = (user + system) / 1000;
  return sum;
}

/** Plays in processes of their own, each with its share of the seeds. */
export async function soak({ seeds, from, workers, minutes }: SoakOptions): Promise<SoakSum> {
  const until = Date.now() + minutes * 60_000;
  const shares = await Promise.all(
    Array.from({ length: workers }, (_, i) => {
      const share = [from + i, seeds - i, workers, until].join(',');
      const child = fork(fileURLToPath(import.meta.url), ['--share', share], {
        execArgv: ['--max-semi-space-size=64'],
      });
      return new Promise<SoakSum>((resolve, reject) => {
        let sum: SoakSum | null = null;
        child.on('message', (message: SoakSum) => {
          sum = message;
        });
        child.on('exit', (code) => (sum ? resolve(sum) : reject(new Error(`worker ended with code ${code}`))));
      });
    }),
  );
  return shares.reduce((total, share) => ({
    schedules: total.schedules + share.schedules,
    calls: total.calls + share.calls,
    calmCalls: total.calmCalls + share.calmCalls,
    kills: total.kills + share.kills,
    cpuMs: total.cpuMs + share.cpuMs,
    violations: [...total.violations, ...share.violations],
  }));
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '100000' },
      from: { type: 'string', default: '0' },
      workers: { type: 'string', default: '2' },
      minutes: { type: 'string', default: '10' },
      seed: { type: 'string' },
      without: { type: 'string', default: '' },
      share: { type: 'string' },
    },
  });
  if (values.share !== undefined) {
    // Thousands of errors are thrown on purpose, and nobody looks at their stacks.
    Error.stackTraceLimit = 0;
    const [from = 0, seeds = 0, step = 1, until = 0] = values.share.split(',').map(Number);
    const sum = await playSeeds(from, seeds, step, until);
    process.send?.(sum, () => process.exit(0));
    return;
  }
  if (values.seed !== undefined) {
    const without = new Set(values.without.split(',').filter(Boolean).map(Number));
    const outcome = await playSchedule(Number(values.seed), { without });
    console.log(traceText(outcome, [...without]));
    process.exitCode = outcome.violations.length > 0 ? 1 : 0;
    return;
  }
  const options = {
    seeds: Number(values.seeds),
    from: Number(values.from),
    workers: Number(values.workers),
    minutes: Number(values.minutes),
  };
  const startedAt = Date.now();
  const { schedules, calls, calmCalls, kills, cpuMs, violations } = await soak(options);
  for (const { seed, text } of violations) console.log(`seed ${seed}: ${text}\n`);
  const mean = (n: number): string => (n / Math.max(1, schedules)).toFixed(0);
  console.log(
    `${schedules} schedules in ${((Date.now() - startedAt) / 1000).toFixed(0)} s, ${mean(calls)} port calls each` +
      ` (and ${mean(calmCalls)} undisturbed ones after), ${kills} kills, ${(cpuMs / Math.max(1, schedules)).toFixed(1)} ms CPU each, ${violations.length} violations`,
  );
  process.exitCode = violations.length > 0 ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
