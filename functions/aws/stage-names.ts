/**
 * Names of a stage's resources: each holds app and stage, is within AWS's limit, and differs from those of other
 * stages.
 */
import { createHash } from 'node:crypto';

export interface Stage {
  app: string;
  stage: string;
}

/** Longest names that AWS takes, characters (each service's quotas page). */
export const LIMITS = {
  role: 64,
  policy: 128,
  lambda: 64,
  schedule: 64,
  queue: 80,
  topic: 256,
  workgroup: 128,
  database: 255,
  firehose: 64,
  configurationSet: 64,
  dashboard: 255,
  alarm: 255,
  bucket: 63,
  stack: 128,
} as const;

export type Named = keyof typeof LIMITS;

/** `<app>-<stage>-<what>` */
export const nameOf = (kind: Named, { app, stage }: Stage, what = ''): string =>
  joined([app, stage, what], '-', LIMITS[kind]);

/** Of alerts about mail: the stack makes it, the function watch tells there. */
export const alertTopic = (stage: Stage): string => nameOf('topic', stage, 'mail-alerts');

/** Where people ask: the stack makes it, the command line asks there. */
export const analystWorkgroup = (stage: Stage): string => nameOf('workgroup', stage, 'analysts');

/** Begins the ids of what a stage has in QuickSight: an account's assets share one space of them. */
export const dashboardId = (stage: Stage): string => nameOf('stack', stage);

/** Where those ask who may see no persons. */
export const openWorkgroup = (stage: Stage): string => nameOf('workgroup', stage, 'without-persons');

/** `<app>_<stage>`, in the letters that Glue and Athena take unquoted. */
export const databaseName = ({ app, stage }: Stage, what: readonly string[] = []): string => {
  const parts = [app, stage, ...what];
  const name = parts.map((part) => part.toLowerCase().replaceAll('-', '_')).join('_');
  return withMark(name, parts, '_', LIMITS.database, isPlain(app) && isPlain(stage));
};

/** `<app>_<stage>_without_persons` */
export const openDatabaseName = (stage: Stage): string => databaseName(stage, ['without_persons']);

/**
 * IAM has no regions, and all regions share an account's dashboards (CloudWatch API, `PutDashboard`): a stage of the same
 * name in another region is another stage.
 */
export const globalName = (kind: 'role' | 'policy' | 'dashboard', stage: Stage, region: string, what = ''): string =>
  joined([stage.app, stage.stage, region, what], '-', LIMITS[kind]);

/** A schedule's own role, by a name that can be found again: SST's would end in random letters. */
export const scheduleRoleName = (stage: Stage, region: string, schedule: string): string =>
  globalName('role', stage, region, `schedule-${schedule}`);

/** All of AWS shares one space of bucket names: the mark of account and region keeps others out of it. */
export const bucketName = ({ app, stage }: Stage, account: string, region: string, what: string): string => {
  const parts = [app, stage, account, region, what];
  return withMark([app, stage, what].join('-').toLowerCase(), parts, '-', LIMITS.bucket, false);
};

/** Parts that are empty are left out. */
function joined(all: readonly string[], separator: string, limit: number): string {
  const parts = all.filter((part) => part !== '');
  const [app = '', stage = ''] = parts;
  return withMark(parts.join(separator), parts, separator, limit, isPlain(app) && isPlain(stage));
}

/** A name that is too long, or could be that of other parts, ends with a hash of its parts. */
function withMark(name: string, parts: readonly string[], separator: string, limit: number, isClear: boolean): string {
  if (isClear && name.length <= limit) return name;
  const mark = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, MARK);
  return `${name.slice(0, limit - MARK - 1)}${separator}${mark}`;
}

const MARK = 8;
/** Can be read in one way, also by services that don't know capitals from small letters. */
const isPlain = (word: string): boolean => /^[a-z0-9]+$/.test(word);

/** `settle-day` and `settle_day` are `SettleDay` in Pulumi's graph. */
export const logicalName = (name: string): string =>
  name.replace(/(?:^|[-_])([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
