/**
 * Every port call: each step is killed before and after each of its calls, in a schedule that is otherwise fixed; then the
 * schedules run undisturbed, and the tables must be what the raw objects say.
 */
import { DAY_MS, HOUR_MS } from '#lake/days.ts';
import type { Step } from './agenda.ts';
import { calm } from './calm.ts';
import { Chance } from './chance.ts';
import { type RawObject, rawObjects } from './mail.ts';
import { compareWithOracle, lookForForgotten } from './schedule.ts';
import type { Fate } from './scheduler.ts';
import {
  runAsk,
  runAskRaw,
  runCollect,
  runErase,
  runPlan,
  runRebuildEnd,
  runRepair,
  runReplay,
  runRequeue,
  runRollup,
  runSettle,
  type StepContext,
} from './steps.ts';
import { Violation } from './violation.ts';
import { World } from './world.ts';

/** The steps whose calls are visited, each in a lake where it has something to do. */
export const KILLED_STEPS = [
  'plan',
  'requeue',
  'transform',
  'settle',
  'settle again',
  'rollup',
  'audit',
  'expire',
  'replay',
  'transform of a replay',
  'erase',
  'rebuild',
  'switch',
  'back',
] as const;
export type KilledStep = (typeof KILLED_STEPS)[number];

export interface KillPoints {
  /** places in which the step was killed */
  points: number;
  violations: { call: number; fate: Fate; violation: Violation }[];
}

/** Visits the kill points of a step, all or one in so many. The seed decides what mail there is. */
export async function visitKillPoints(step: KilledStep, seed: number, every = 1): Promise<KillPoints> {
  const found: KillPoints = { points: 0, violations: [] };
  for (const fate of ['killed before', 'killed after'] as const) {
    for (let call = 0; ; call += every) {
      const { world, wasKilled } = await killedAt(step, seed, call, fate);
      if (!wasKilled) break;
      found.points++;
      for (const violation of world.violations) found.violations.push({ call, fate, violation });
    }
  }
  return found;
}

async function killedAt(
  step: KilledStep,
  seed: number,
  call: number,
  fate: Fate,
): Promise<{ world: World; wasKilled: boolean }> {
  const chance = new Chance(seed);
  const objects = withBroken(rawObjects(chance.fork()));
  let left = Number.POSITIVE_INFINITY;
  let wasKilled = false;
  const world = new World({
    chance: chance.fork(),
    fateOf: ({ process }) => {
      if (process.name.startsWith('query') || left-- !== 0) return 'done';
      wasKilled = true;
      return fate;
    },
  });
  world.scheduler.isImmediate = true;
  const act = await prepare(world, step, objects);
  left = call;
  await act();
  left = Number.POSITIVE_INFINITY;
  if (!wasKilled) return { world, wasKilled };
  for (const object of objects) if (!world.arrived.has(object.key)) world.deliver(object);
  await calm(world);
  if (world.violations.length === 0) compareWithOracle(world);
  if (world.violations.length === 0) await lookForForgotten(world);
  return { world, wasKilled };
}

/** Brings the lake to where the step has work, and returns the step. */
async function prepare(world: World, step: KilledStep, objects: readonly RawObject[]): Promise<() => Promise<unknown>> {
  const late = step === 'settle again' || step === 'audit' ? objects.slice(-4) : [];
  const deliver = (some: readonly RawObject[]): void => {
    for (const object of some) {
      world.now = Math.max(world.now, object.arrivesAt);
      world.deliver(object);
    }
  };
  const through = async (name: Step, work: Work): Promise<void> => {
    if (!(await world.through(name, work))) world.violate(new Violation('a step fails undisturbed', name));
  };
  const plan: Work = (context) => runPlan(context, 'all');
  deliver(objects.filter((object) => !late.includes(object)));
  if (step === 'plan') return () => world.through('plan', plan);
  await through('plan', plan);
  if (step === 'requeue') {
    world.messages.lose();
    world.now += 2 * HOUR_MS;
    return () => world.through('requeue', runRequeue);
  }
  if (step === 'transform') return () => world.workThrough();
  while (await world.workThrough());
  world.now += 3 * DAY_MS;
  if (step === 'replay' || step === 'transform of a replay') {
    world.deploy();
    if (step === 'replay') return () => world.through('replay', runReplay);
    await through('replay', runReplay);
    return () => world.workThrough();
  }
  if (step === 'settle') return () => world.through('settle', runSettle);
  await through('settle', runSettle);
  if (step === 'rollup') return () => world.through('rollup', runRollup);
  await through('rollup', runRollup);
  if (step === 'erase') {
    world.isRawSearched = true;
    await through('ask', (context) => runAsk(context, 'ann@example.org'));
    await through('ask raw', runAskRaw);
    return () => world.through('erase', runErase);
  }
  if (step === 'rebuild' || step === 'switch' || step === 'back') {
    world.deploy();
    if (step === 'rebuild') return () => world.throughRebuild();
    await world.throughRebuild();
    const end =
      (how: 'switch' | 'back'): Work =>
      async (context) =>
        void (await runRebuildEnd(context, how));
    if (step === 'back') await through('switch', end('switch'));
    return () => world.through(step, end(step));
  }
  if (step === 'expire') {
    // It hides days of two tables, and removes those that an earlier one has hidden of two others.
    world.retention = { days: { events: 1, headers: 1 } };
    await through('collect', runCollect);
    world.now += DAY_MS + HOUR_MS;
    world.retention = { days: { events: 1, headers: 1, clicks: 0, recipient_messages: 0 } };
    return () => world.through('collect', runCollect);
  }
  deliver(late);
  await through('plan', plan);
  while (await world.workThrough());
  world.now += 2 * DAY_MS;
  if (step === 'settle again') return () => world.through('settle', runSettle);
  await through('settle', runSettle);
  world.now += 2 * DAY_MS;
  return () => world.through('audit', async (context) => void (await runRepair(context)));
}

/** Nobody dies of an object, and two hold a record that only today's code can read. */
const withBroken = (objects: readonly RawObject[]): RawObject[] =>
  objects.map((object, i): RawObject => {
    const [first, ...others] = object.records;
    if (i > 1 || first?.is !== 'event') return { ...object, isPoison: false };
    return { ...object, isPoison: false, records: [{ is: 'broken', text: '{"eve', event: first }, ...others] };
  });

type Work = (context: StepContext) => Promise<void>;
