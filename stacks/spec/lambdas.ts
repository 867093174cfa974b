/** The Lambda functions, declared once: code, limits, when they run and what they may do. The stack is made from this. */
import type { VariableOfSome } from '#aws/environment.ts';
import { liveRoot, settledRoot } from '#lake/protocol/keys.ts';
import { TRANSFORM_TIMEOUT_MS } from '#lake/steps/transform/tries.ts';
import { quarantine, recipientMessages, SETTLED_TABLES } from '#lake/tables/index.ts';
import {
  ADD_PARTITIONS,
  COPY,
  DROP_PARTITIONS,
  EDIT_RAW,
  LIST_PARTITIONS,
  LIST_RAW,
  LIVE,
  type Permission,
  QUERY,
  READ_DAYS,
  READ_LAKE,
  READ_PARTITIONS,
  READ_RAW,
  READ_ROWS,
  READ_STATE,
  READ_TABLES,
  REFRESH,
  REMOVE_DATA,
  REPORTS,
  REREAD,
  readLake,
  receive,
  SEND_MAIL,
  STATE,
  SWITCH_PARTITIONS,
  send,
  TELL,
  UNLOAD,
  writeLake,
} from './permissions.ts';

export interface Lambda {
  /** file and export, as SST has them */
  handler: `functions/${string}.handler`;
  what: string;
  timeoutSeconds: number;
  /** MB; 1,769 of them are one vCPU (AWS Lambda Developer Guide, "Configure Lambda function memory") */
  memory: number;
  /** reads the folder sql/, which must be in its bundle */
  needsSql?: true;
  /** is handed the key that addresses are hashed under, where they are, and forgotten persons known by */
  needsAddressKey?: true;
  /** a call may name persons: so one that failed for good is kept nowhere, and who made it makes it again */
  namesPersons?: true;
  /** variables that it reads and others don't */
  reads?: readonly VariableOfSome[];
  /** when it is called, and with what */
  schedules?: readonly LambdaSchedule[];
  /** queues whose messages it works on */
  queues?: readonly LambdaQueue[];
  permissions: readonly Permission[];
}

export interface LambdaSchedule {
  /** its own among all schedules: config and stack know it by this name */
  name: string;
  /** EventBridge Scheduler's, UTC */
  expression: `rate(${string})` | `cron(${string})`;
  event: Readonly<Record<string, string>>;
}

/** Messages of a batch, and how many batches may be worked on at once (at least 2). */
export interface LambdaQueue {
  queue: 'live' | 'backfill' | 'settle' | 'rollup';
  batchSize: number;
  maximumConcurrency: number;
}

/** The schedule of the report, which the config's `report` is about. */
export const REPORT = 'report';
/** When the report is mailed by default. */
export const REPORT_AT = 'cron(0 6 ? * MON *)';

const FIFTEEN_MINUTES = TRANSFORM_TIMEOUT_MS / 1000;
const state = (...folders: readonly string[]): string[] => folders.map((folder) => `${STATE}${folder}/`);
/** What watch keeps: what it told, and by what it judges. */
const TOLD = state('alerts', 'baselines');

/**
 * Why these sizes. A function starts with 78 MB and has loaded its bundle after an eighth of a second on a whole core.
 * - transform reads, decodes and compresses: a whole core, which comes with 1,769 MB. On one core 53 MB of gzip (one and a half
 *   full units) took it 13 s of CPU and 320 MB on a busy machine (test/README.md): a seventieth of its time, a fifth of its
 *   memory. Less memory would be a share of a core, and cost the same for longer.
 * - erase decodes files as transform does, one at a time: a whole core. It ends on a full one within its time, and the next call goes on.
 * - plan, audit, replay and rebuild read listings and records of all units: a core, so that a tick over 126,000 objects stays below
 *   10 s (test/simulator/plan-scale.test.ts).
 * - report waits for Athena, then draws: a core. With the page of two million events it held 218 MB.
 * - the others wait for Athena and Glue, and waiting is billed by the MB: 1,024. Their 15 minutes are for the queries.
 */
export const LAMBDAS = {
  plan: {
    handler: 'functions/plan.handler',
    what: 'seals new raw objects into units and queues them',
    timeoutSeconds: FIFTEEN_MINUTES,
    memory: 1769,
    schedules: [
      { name: 'plan-tick', expression: 'rate(5 minutes)', event: { reach: 'tick' } },
      { name: 'plan-hourly', expression: 'cron(12 * * * ? *)', event: { reach: 'hourly' } },
      { name: 'plan-daily', expression: 'cron(27 1 * * ? *)', event: { reach: 'daily' } },
      { name: 'plan-all', expression: 'cron(42 2 ? * SUN *)', event: { reach: 'all' } },
    ],
    permissions: [
      LIST_RAW,
      ...READ_STATE,
      writeLake(...state('plans', 'planned', 'checkpoints', 'segments', 'cursors', 'layouts', 'requeues', 'decided')),
      send('liveQueue', 'backfillQueue'),
    ],
  },
  transform: {
    handler: 'functions/transform.handler',
    what: 'reads a unit of raw objects and writes its live files',
    timeoutSeconds: FIFTEEN_MINUTES,
    memory: 1769,
    needsAddressKey: true,
    // One unit a batch: each has the whole of the function's time and memory to itself.
    queues: [
      { queue: 'live', batchSize: 1, maximumConcurrency: 20 },
      { queue: 'backfill', batchSize: 1, maximumConcurrency: 10 },
    ],
    permissions: [
      ...READ_RAW,
      ...READ_LAKE,
      writeLake(LIVE, ...state('tries', 'units', 'splits', 'addresses', 'rebuilds'), ...REREAD),
      ...ADD_PARTITIONS,
      send('liveQueue', 'backfillQueue'),
      receive('liveQueue', 'backfillQueue'),
    ],
  },
  settle: {
    handler: 'functions/settle.handler',
    what: 'finds the days that may be settled and hands them out',
    timeoutSeconds: FIFTEEN_MINUTES,
    memory: 1024,
    schedules: [{ name: 'settle', expression: 'cron(20 * * * ? *)', event: {} }],
    permissions: [...READ_STATE, writeLake(...state('recipes')), send('settleQueue')],
  },
  'settle-day': {
    handler: 'functions/settle-day.handler',
    what: 'settles one day of one table',
    timeoutSeconds: FIFTEEN_MINUTES,
    memory: 1024,
    queues: [{ queue: 'settle', batchSize: 1, maximumConcurrency: 8 }],
    permissions: [
      LIST_RAW,
      ...READ_DAYS,
      writeLake(...state('generations', 'heals', 'rebuilds')),
      ...UNLOAD,
      ...QUERY,
      READ_ROWS,
      ...ADD_PARTITIONS,
      SWITCH_PARTITIONS,
      receive('settleQueue'),
    ],
  },
  rollup: {
    handler: 'functions/rollup.handler',
    what: 'finds the send days of recipient_messages whose input changed and hands them out',
    timeoutSeconds: FIFTEEN_MINUTES,
    memory: 1024,
    needsSql: true,
    reads: ['DASHBOARD', 'COPIES'],
    schedules: [
      { name: 'rollup-hourly', expression: 'cron(50 * * * ? *)', event: { reach: 'hourly' } },
      { name: 'rollup-all', expression: 'cron(35 4 * * ? *)', event: { reach: 'all' } },
    ],
    permissions: [...READ_STATE, writeLake(...state('heals')), READ_PARTITIONS, SWITCH_PARTITIONS, send('rollupQueue')],
  },
  'rollup-days': {
    handler: 'functions/rollup-days.handler',
    what: 'computes recipient_messages for some send days, and makes copies without persons anew',
    timeoutSeconds: FIFTEEN_MINUTES,
    memory: 1024,
    needsSql: true,
    reads: ['DASHBOARD', 'COPIES'],
    queues: [{ queue: 'rollup', batchSize: 1, maximumConcurrency: 4 }],
    permissions: [
      ...READ_DAYS,
      writeLake(...state('generations', 'rollups', 'heals', 'rebuilds')),
      ...UNLOAD,
      ...QUERY,
      READ_ROWS,
      ...ADD_PARTITIONS,
      SWITCH_PARTITIONS,
      receive('rollupQueue'),
      ...REFRESH,
      ...COPY,
    ],
  },
  watch: {
    handler: 'functions/watch.handler',
    what: 'tells what is wrong with the mail, once, and when it is over',
    timeoutSeconds: FIFTEEN_MINUTES,
    memory: 1024,
    needsSql: true,
    schedules: [
      { name: 'watch-hourly', expression: 'cron(45 * * * ? *)', event: { reach: 'hourly' } },
      { name: 'watch-daily', expression: 'cron(25 5 * * ? *)', event: { reach: 'daily' } },
    ],
    permissions: [...READ_TABLES, readLake(...TOLD), writeLake(...TOLD), ...QUERY, READ_ROWS, ...TELL],
  },
  audit: {
    handler: 'functions/audit.handler',
    what: 'checks that everything is accounted for',
    timeoutSeconds: FIFTEEN_MINUTES,
    memory: 1769,
    needsSql: true,
    schedules: [{ name: 'audit', expression: 'cron(5 6 * * ? *)', event: { reach: 'daily' } }],
    permissions: [
      LIST_RAW,
      ...READ_STATE,
      writeLake(...state('audits', 'closed', 'acknowledged')),
      LIST_PARTITIONS,
      ...ADD_PARTITIONS,
    ],
  },
  collect: {
    handler: 'functions/collect.handler',
    what: 'hides days that have expired, removes files that nobody will read again, gathers small records of past days',
    timeoutSeconds: FIFTEEN_MINUTES,
    memory: 1024,
    schedules: [{ name: 'collect', expression: 'cron(5 7 * * ? *)', event: {} }],
    permissions: [
      ...READ_STATE,
      writeLake(...state('heals', 'compacted', 'expired')),
      REMOVE_DATA,
      READ_PARTITIONS,
      LIST_PARTITIONS,
      SWITCH_PARTITIONS,
      DROP_PARTITIONS,
    ],
  },
  replay: {
    handler: 'functions/replay.handler',
    what: 'seals quarantined records into units, to be read again with the code of today',
    timeoutSeconds: FIFTEEN_MINUTES,
    memory: 1769,
    permissions: [
      LIST_RAW,
      ...READ_LAKE,
      writeLake(...state('replays', 'planned')),
      ...QUERY,
      READ_ROWS,
      send('backfillQueue'),
    ],
  },
  rebuild: {
    handler: 'functions/rebuild.handler',
    what: 'has raw data read again beside the lake, and switches readers to what was made of it',
    timeoutSeconds: FIFTEEN_MINUTES,
    memory: 1769,
    needsSql: true,
    // After settle, whose generations have days made again. Where no rebuild is under way it is a listing and three reads.
    schedules: [{ name: 'rebuild', expression: 'cron(40 * * * ? *)', event: { do: 'go on' } }],
    permissions: [
      ...READ_STATE,
      writeLake(...state('rebuilds', 'generations', 'heals')),
      ...ADD_PARTITIONS,
      SWITCH_PARTITIONS,
      send('backfillQueue', 'settleQueue', 'rollupQueue'),
    ],
  },
  erase: {
    handler: 'functions/erase.handler',
    what: 'forgets persons: looks through the lake for them, and makes days without their rows',
    timeoutSeconds: FIFTEEN_MINUTES,
    memory: 1769,
    needsAddressKey: true,
    namesPersons: true,
    // After settle, and before rollup. Where nobody was ever to be forgotten it is a listing.
    schedules: [{ name: 'erase', expression: 'cron(30 * * * ? *)', event: { do: 'go on' } }],
    permissions: [
      ...READ_LAKE,
      writeLake(
        ...[...SETTLED_TABLES, recipientMessages].map(({ name }) => settledRoot(name)),
        liveRoot(quarantine.name),
        ...state('erasures', 'generations', 'heals', 'rollups', 'rebuilds'),
      ),
      ...QUERY,
      READ_ROWS,
      ...ADD_PARTITIONS,
      SWITCH_PARTITIONS,
      ...EDIT_RAW,
    ],
  },
  report: {
    handler: 'functions/report.handler',
    what: 'writes the deliverability report, and mails it',
    timeoutSeconds: FIFTEEN_MINUTES,
    memory: 1769,
    needsSql: true,
    reads: ['REPORT'],
    // Only where the config has somebody to mail it to, and at the time that it says.
    schedules: [{ name: REPORT, expression: REPORT_AT, event: { due: '<aws.scheduler.scheduled-time>' } }],
    permissions: [...READ_TABLES, ...QUERY, READ_ROWS, ...REPORTS, SEND_MAIL],
  },
} as const satisfies Readonly<Record<string, Lambda>>;

export type LambdaName = keyof typeof LAMBDAS;

/** Its calls that failed for good go to the queue `jobs-dead`, with what they were called with. */
export const hasDeadCalls = ({ schedules, namesPersons }: Lambda): boolean => schedules !== undefined && !namesPersons;

export const isLambda = (name: string): name is LambdaName => Object.hasOwn(LAMBDAS, name);
export const LAMBDA_NAMES: readonly LambdaName[] = Object.keys(LAMBDAS).filter(isLambda);

type Scheduled = Extract<(typeof LAMBDAS)[LambdaName], { schedules: unknown }>;
/** Names of all schedules. */
export type ScheduleName = Scheduled['schedules'][number]['name'];

/** Every schedule, with the function that it calls. */
export const SCHEDULES: readonly (LambdaSchedule & { calls: LambdaName })[] = LAMBDA_NAMES.flatMap((calls) => {
  const { schedules = [] }: Lambda = LAMBDAS[calls];
  return schedules.map((schedule) => ({ ...schedule, calls }));
});
