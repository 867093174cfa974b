/** What a user may configure of a deployed lake, with defaults, by stage, checked before anything is made. */
import { z } from 'zod';
import { CLOUD_SETTINGS } from '#aws/environment.ts';
import {
  addresses,
  dimensionTags,
  headerCarriers,
  namedTags,
  parquet,
  rawDays,
  retentionDays,
  sourceName,
} from '#host/settings-schema.ts';
import { type NeededBy, type Retention, retentionProblems } from '#lake/retention.ts';
import { type Settings, tagsOver } from '#lake/settings.ts';
import { QUARANTINE_KEPT_DAYS } from '#lake/steps/audit/units.ts';
import { isTimeZone, type ZoneOffset } from '#lake/zone.ts';
import { REPORT, REPORT_AT, SCHEDULES } from './spec/lambdas.ts';
import { rootOf } from './spec/raw-folders.ts';
import { zoneOffset } from './spec/time-zone.ts';

/** Kinds of events that SES publishes (SES API v2, `EventDestinationDefinition`). */
export const SES_EVENTS = [
  'SEND',
  'REJECT',
  'BOUNCE',
  'COMPLAINT',
  'DELIVERY',
  'OPEN',
  'CLICK',
  'RENDERING_FAILURE',
  'DELIVERY_DELAY',
  'SUBSCRIPTION',
] as const;

/** Days that CloudWatch keeps logs for (`PutRetentionPolicy`), with SST's words for them. */
export const LOG_DAYS = { 7: '1 week', 14: '2 weeks', 30: '1 month', 90: '3 months', 365: '1 year' } as const;

/** No alarm looks back for longer than a week (CloudWatch API, `PutMetricAlarm`). */
const MOST_SILENT_MINUTES = 7 * 24 * 60;

const days = z.int().positive();
/** AWS Lambda, `ScalingConfig` of an event source */
const atOnce = z.int().min(2).max(1000);
const keyArn = z.string().regex(/^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\//, 'is not the ARN of a KMS key');
const bucketName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'is no bucket name: lower-case letters, digits, dots and hyphens');
/** EventBridge Scheduler, "Schedule types": six fields, of which one of the two for days is a question mark */
const SCHEDULE = /^(rate\([1-9]\d* (minutes?|hours?|days?)\)|cron\((\S+ ){2}(\S+ \S+ \?|\? \S+ [^\s?]+) \S+\))$/;
const noSchedule = { error: 'is no schedule: rate(5 minutes), cron(20 * * * ? *)' };
const schedule = z
  .templateLiteral([z.enum(['rate', 'cron']), '(', z.string().min(1), ')'], noSchedule)
  .refine((text) => SCHEDULE.test(text), noSchedule);
const template = z
  .string()
  .regex(/^[^/].*\/$/, 'must be a prefix that ends in "/", such as events/{yyyy}/{MM}/{dd}/{HH}/')
  .refine((text) => /\{yyyy\}.*\{MM\}.*\{dd\}/.test(text), 'must name {yyyy}, {MM} and {dd}, in this order');
const timeZone = z.string().refine(isTimeZone, 'is no time zone, such as Asia/Kolkata');
const region = z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'is no region, such as eu-west-1');

const silentMinutes = z.int().min(15).max(MOST_SILENT_MINUTES);

/** A bucket that you have: it is read, and nothing about it is changed. */
const ExistingBucket = z.strictObject({
  from: z.literal('existing bucket'),
  bucket: bucketName,
  /** folders of the objects; null: any layout, for which the whole bucket is listed each time */
  template: template.nullable(),
  /** of the folders, and of the times in objects' names, if they were made in another one than UTC */
  timeZone: timeZone.default('UTC'),
  /** key that the bucket is encrypted with, if it is one of yours */
  kmsKeyArn: keyArn.nullable().default(null),
});

/** A further bucket of events, such as that of another region or account, or the history of Pinpoint. */
const OtherRaw = ExistingBucket.extend({
  /** begins the keys of its objects in the lake, behind an `@`, for good */
  name: sourceName,
  /** the bucket's, if it is not the stage's */
  region: region.nullable().default(null),
  /** as `alarms.silentMinutes`, which it is where nothing is said; null for what gets nothing new, such as history */
  silentMinutes: silentMinutes.nullable().exactOptional(),
});

/** Where the raw events come from, or the first of several sources. */
const Raw = z.discriminatedUnion('from', [
  z.strictObject({
    /** a new bucket, and a Firehose that fills it */
    from: z.literal('new bucket'),
    /**
     * days after which raw objects become cheaper to keep and dearer to read (Glacier Instant Retrieval); null: never
     */
    archiveAfterDays: days.min(30).nullable().default(null),
    /** Firehose writes an object when it has so many seconds or MB of events */
    buffer: z
      .strictObject({ seconds: z.int().min(60).max(900), megabytes: z.int().min(1).max(128) })
      .default({ seconds: 300, megabytes: 64 }),
  }),
  ExistingBucket,
]);

const mailAddress = z.email('is no e-mail address');
/** Characters of all: they are in a variable of each function, and these have 4 KB for all variables ("Lambda quotas"). */
const MOST_ADDRESSES = 200;

/** QuickSight API, `ResourcePermission.Principal` */
const principal = z
  .string()
  .regex(
    /^arn:aws[a-z-]*:quicksight:[a-z0-9-]+:\d{12}:(user|group|namespace)\/.+/,
    'is not the ARN of a QuickSight user or group: aws quicksight list-users --aws-account-id … --namespace default',
  );

const refreshAfter = z.enum(['each rollup', 'nightly rollup']);

/** A role that policies can be attached to: those of permission sets are Identity Center's own. */
const roleArn = z
  .string()
  .regex(
    /^arn:aws[a-z-]*:iam::\d{12}:role\/(?!aws-reserved\/|aws-service-role\/)[\w+=,.@/-]+$/,
    'is not the ARN of a role that a policy can be attached to: for users, groups and permission sets say withoutPersons: true, and attach what the deployment prints',
  );

/** What may be said of a stage, with defaults. */
export const StageSchema = z.strictObject({
  region,
  raw: Raw.default({ from: 'new bucket', archiveAfterDays: null, buffer: { seconds: 300, megabytes: 64 } }),
  /** further sources; a config file says them in `raw`, behind the first one */
  otherRaw: z
    .array(OtherRaw)
    .refine((sources) => new Set(sources.map(({ name }) => name)).size === sources.length, 'names a source twice')
    .default([]),
  /** what SES publishes, and for which mail; null: SES is left alone. Only with a new bucket. */
  ses: z
    .strictObject({
      /** `new`, or the name of one that you have: an event destination is added to it */
      configurationSet: z
        .string()
        .regex(/^[A-Za-z0-9_-]{1,64}$/, 'is no name of a configuration set')
        .default('new'),
      events: z
        .array(z.enum(SES_EVENTS))
        .min(1)
        .default([...SES_EVENTS]),
    })
    .nullable()
    .default({ configurationSet: 'new', events: [...SES_EVENTS] }),
  /** message tags that mean a column, before the default ones: `{ newsletter: 'campaign_id' }` */
  tags: namedTags.default({}),
  /** message tags that become dimensions of their own, at most five: `['team', 'template']` */
  dimensions: dimensionTags.default([]),
  /** events whose headers fill the table `headers`; others than sends only if you don't publish sends */
  headerCarriers: headerCarriers.min(1).default(['send']),
  /** `compatible` for readers of Parquet that know neither ZSTD nor dictionaries */
  parquet: parquet.default('best'),
  /** `hashed`: no address gets into the lake, only a keyed hash of it; the key is the secret `AddressKey` of the stage */
  addresses: addresses.default('plain'),
  /** persons may be forgotten where addresses are plain, too: they are known by hashes under the secret `AddressKey` */
  /** `{ raw: true }`: their records may go from raw data, too, when that is asked for */
  erasures: z.union([z.boolean(), z.strictObject({ raw: z.boolean() })]).default(false),
  /** days from the send day in which events count for a mail; null: as in sql/seeds/settings.csv */
  attributionDays: days.max(365).nullable().default(null),
  /** of report days; null: as in sql/seeds/settings.csv */
  reportTimeZone: z.string().refine(isTimeZone, 'is no time zone, such as Europe/Berlin').nullable().default(null),
  schedules: z
    .strictObject({
      /** false: everything is deployed, and nothing runs by itself */
      enabled: z.boolean().default(true),
      /** other times than those in stacks/spec/lambdas.ts, by the schedule's name, UTC */
      at: z
        .partialRecord(z.enum(SCHEDULES.map(({ name }) => name).filter((name) => name !== REPORT)), schedule)
        .default({}),
    })
    .default({ enabled: true, at: {} }),
  /**
   * messages of a queue that are worked on at once, others than in stacks/spec/lambdas.ts. An account whose limit is 10
   * functions at a time, as a new one's may be, does well with 3, 2 and 2: what is throttled waits for 90 minutes.
   */
  atOnce: z
    .strictObject({
      live: atOnce.exactOptional(),
      backfill: atOnce.exactOptional(),
      settle: atOnce.exactOptional(),
      rollup: atOnce.exactOptional(),
    })
    .default({}),
  retention: z
    .strictObject({
      /** raw objects of the bucket that the stage makes; null: for ever. Of a bucket of yours: what its own rules say */
      rawDays: rawDays.nullable().default(null),
      /** by table, how long its days are kept; null, or none said: for ever */
      days: retentionDays.default({}),
      /** rejected records, which hold personal data */
      quarantineDays: days.min(QUARANTINE_KEPT_DAYS).default(90),
      /** results of queries, which hold personal data */
      resultDays: days.default(7),
      /** what the lake has replaced or removed can be brought back for so long */
      graceDays: days.default(14),
      /** reports, which hold no addresses */
      reportDays: days.default(400),
      logDays: z.union([z.literal(7), z.literal(14), z.literal(30), z.literal(90), z.literal(365)]).default(30),
    })
    .default({
      rawDays: null,
      days: {},
      quarantineDays: 90,
      resultDays: 7,
      graceDays: 14,
      reportDays: 400,
      logDays: 30,
    }),
  /** key of yours that encrypts what the lake holds; null: S3's own */
  kmsKeyArn: keyArn.nullable().default(null),
  /** keys that were `kmsKeyArn` before: what was written with them is read with them */
  formerKmsKeyArns: z.array(keyArn).default([]),
  alarms: z
    .strictObject({
      /** gets a mail for each alarm, after confirming the first one */
      email: z.email('is no e-mail address').nullable().default(null),
      /** share of an hour's records that may be rejected */
      quarantineShare: z.number().gt(0).lt(1).default(0.05),
      /** minutes from an object's delivery until its rows can be queried */
      freshnessMinutes: z.int().min(15).default(60),
      /** minutes without a new event after which the source counts as silent; null for mail that pauses, as at night */
      silentMinutes: silentMinutes.nullable().default(120),
    })
    .default({ email: null, quarantineShare: 0.05, freshnessMinutes: 60, silentMinutes: 120 }),
  /** alerts about mail, which are told on a topic of their own */
  alerts: z
    .strictObject({
      /** gets a mail for each, after confirming the first one */
      email: z.email('is no e-mail address').nullable().default(null),
      /** false: the mail is not watched */
      enabled: z.boolean().default(true),
    })
    .default({ email: null, enabled: true }),
  /**
   * GB that one query of an analyst may read before Athena stops it ($0.005 each); Athena takes no limit below 10 MB
   */
  queryGigabytes: z.number().min(0.02).default(100),
  analysts: z
    .strictObject({
      /** roles that the stage attaches a policy to: which one says `persons` */
      principals: z
        .array(
          z.strictObject({
            principal: roleArn,
            /** true: rows of persons are read, too; else counts and rates only */
            persons: z.boolean().default(false),
          }),
        )
        .refine(
          (all) => new Set(all.map(({ principal }) => principal)).size === all.length,
          'name a role twice: say once what it may see',
        )
        .default([]),
      /**
       * true: the policy of those who may see no persons is there to be attached by hand, as to a permission set of IAM Identity Center,
       * with its database and workgroup. A principal or a dashboard without persons brings these, too
       */
      withoutPersons: z.boolean().default(false),
      /** when that database is made anew: 25 times a day, or once, which a large lake's queries are cheaper by */
      refreshAfter: refreshAfter.default('each rollup'),
    })
    .default({ principals: [], withoutPersons: false, refreshAfter: 'each rollup' }),
  /**
   * a dashboard in Amazon QuickSight, which the account must have subscribed to (Enterprise): whole ARNs of its users and groups,
   * `arn:aws:quicksight:us-east-1:123456789012:group/default/mail`. Their region is the one that holds the account's identities.
   */
  dashboards: z
    .strictObject({
      owners: z.array(principal).min(1),
      viewers: z.array(principal).default([]),
      /** when QuickSight reads the views anew: 25 times a day, or once, which a large lake's queries are cheaper by */
      refreshAfter: refreshAfter.default('each rollup'),
      /**
       * true: single persons and mails are shown, links and servers' answers as they are; and owners may make data sets of all that
       * an analyst may ask for
       */
      persons: z.boolean().default(false),
    })
    .nullable()
    .default(null),
  /** the deliverability report as a mail, through SES; null: it is written when a person asks, and mailed to nobody */
  report: z
    .strictObject({
      to: z
        .array(mailAddress)
        .min(1)
        .refine(
          (to) => to.join('').length <= MOST_ADDRESSES,
          `are more than ${MOST_ADDRESSES} characters: use the address of a list`,
        ),
      /** an address that SES knows in the stage's region, by itself or by its domain */
      from: mailAddress,
      /** when, UTC */
      at: schedule.default(REPORT_AT),
      /** the days up to the day before that it is about */
      days: z.int().min(1).max(92).default(7),
    })
    .nullable()
    .default(null),
  /** what the stage holds outlives `sst remove`, and the stage can't be removed by accident; by default in production */
  keepsData: z.boolean(),
});

type RawInput = z.input<typeof Raw>;
interface StageInput extends Omit<z.input<typeof StageSchema>, 'keepsData' | 'raw' | 'otherRaw'> {
  /** a source, or a list of them: the first may be a new bucket, the others have names */
  raw?: RawInput | readonly [RawInput, ...z.input<typeof OtherRaw>[]];
  keepsData?: boolean;
}
export type StageConfig = Readonly<z.output<typeof StageSchema>>;

/** The config file's content: what holds for all stages, and by stage what differs there. */
export interface LakeConfig extends StageInput {
  /** the first part of every name */
  app: string;
  /** a section that a stage names is laid over the one for all; lists and `raw` take its place */
  stages?: Readonly<Record<string, Partial<StageInput>>>;
}

/** The config can't be deployed. The message names each place and what is wrong there. */
export class ConfigError extends Error {
  override name = 'ConfigError';
  /** SST prints it: the words are enough */
  override stack = `ConfigError: ${this.message}`;
}

/** @throws ConfigError */
export function configOf({ app, stages = {}, ...all }: LakeConfig, stage: string): StageConfig {
  if (!/^[a-z][a-z0-9-]{0,19}$/.test(app))
    throw wrong(stage, `  app: lower-case letters, digits and hyphens, at most 20: ${app}`);
  const merged = laidOver(all, Object.hasOwn(stages, stage) ? (stages[stage] ?? {}) : {});
  const { raw: listed, ...rest } = merged;
  const [first, ...otherRaw] = Array.isArray(listed) ? listed : [listed];
  const raws = first === undefined ? { otherRaw } : { raw: first, otherRaw };
  const parsed = StageSchema.safeParse({ ...rest, ...raws, keepsData: merged.keepsData ?? stage === 'production' });
  if (!parsed.success) throw wrong(stage, inFilesWords(z.prettifyError(parsed.error)));
  const { raw, ses } = parsed.data;
  // What a stage leaves out is on by default; with a bucket of yours there is no Firehose that SES could feed.
  if (raw.from === 'existing bucket' && merged.ses) {
    throw wrong(stage, '  ses: needs raw: { from: "new bucket" }, whose Firehose it feeds; say ses: null');
  }
  for (const { place, key, where, region: there } of keysOf(parsed.data)) {
    if (key && key.split(':')[3] !== there) {
      throw wrong(
        stage,
        `  ${place}: is in another region than the ${where} (${there}), where S3 can't use it: ${key}`,
      );
    }
  }
  refuseOverlap(stage, parsed.data);
  refuseContradictions(stage, parsed.data);
  return { ...parsed.data, ses: raw.from === 'existing bucket' ? null : ses };
}

/** Places of errors as the config file has them, where further sources stand in `raw`. */
const inFilesWords = (errors: string): string =>
  errors.replace(/otherRaw\[(\d+)\]/g, (_, i: string) => `raw[${Number(i) + 1}]`).replace(/otherRaw/g, 'raw');

interface KeyPlace {
  place: string;
  key: string | null;
  where: 'stage' | 'bucket';
  region: string;
}

const keysOf = ({ kmsKeyArn, raw, otherRaw, region }: StageConfig): KeyPlace[] => [
  { place: 'kmsKeyArn', key: kmsKeyArn, where: 'stage', region },
  {
    place: otherRaw.length > 0 ? 'raw[0].kmsKeyArn' : 'raw.kmsKeyArn',
    key: raw.from === 'existing bucket' ? raw.kmsKeyArn : null,
    where: 'stage',
    region,
  },
  ...otherRaw.map(
    (source, i): KeyPlace => ({
      place: `raw[${i + 1}].kmsKeyArn`,
      key: source.kmsKeyArn,
      where: 'bucket',
      region: source.region ?? region,
    }),
  ),
];

/** What lies in two sources would be read twice. */
function refuseOverlap(stage: string, { raw, otherRaw }: StageConfig): void {
  const sources = [...(raw.from === 'existing bucket' ? [raw] : []), ...otherRaw];
  for (const [i, { bucket, template: inner }] of sources.entries()) {
    for (const other of sources.slice(0, i)) {
      const [a, b] = [rootOf(inner), rootOf(other.template)];
      if (bucket === other.bucket && (a.startsWith(b) || b.startsWith(a))) {
        throw wrong(stage, `  raw: two sources hold the same objects of ${bucket}: name folders that don't overlap`);
      }
    }
  }
}

/** What the functions are to know of it. */
export function settingsOf({ raw, otherRaw, ...same }: StageConfig): Settings {
  const { tags, dimensions, headerCarriers, parquet, addresses } = same;
  return {
    ...CLOUD_SETTINGS,
    tags: tagsOver(tags, CLOUD_SETTINGS.tags),
    dimensions,
    headerCarriers,
    parquet,
    addresses,
    objectNameOffsetHours: raw.from === 'existing bucket' ? offsetOf(raw) : 0,
    rawTemplate: raw.from === 'existing bucket' ? raw.template : CLOUD_SETTINGS.rawTemplate,
    otherSources: otherRaw.map((source) => ({
      name: source.name,
      rawTemplate: source.template,
      objectNameOffsetHours: offsetOf(source),
    })),
  };
}

function offsetOf({ timeZone: zone }: { timeZone: string }): ZoneOffset {
  const offset = zoneOffset(zone);
  if (offset === null) throw new ConfigError(`raw.timeZone is no time zone: ${zone}`);
  return offset;
}

/** What is to be gone at two times. */
function refuseContradictions(stage: string, { raw, retention }: StageConfig): void {
  const { rawDays: kept, days: byTable, quarantineDays } = retention;
  const archived = raw.from === 'new bucket' ? raw.archiveAfterDays : null;
  if (kept !== null && archived !== null && kept <= archived) {
    throw wrong(stage, `  retention.rawDays: ${kept} days are over before raw.archiveAfterDays (${archived}) is`);
  }
  if ((byTable.quarantine ?? 0) > quarantineDays) {
    throw wrong(
      stage,
      `  retention.days.quarantine: quarantineDays (${quarantineDays}) removes what was rejected first`,
    );
  }
}

/** Whether somebody reads views without persons, so that they have to be copied. */
export const hasCopies = ({ analysts, dashboards }: StageConfig): boolean =>
  hasOpenAnalysts(analysts) || dashboards?.persons === false;

const hasOpenAnalysts = ({ withoutPersons, principals }: StageConfig['analysts']): boolean =>
  withoutPersons || principals.some(({ persons }) => !persons);

/** Whether each hour's rollup has them copied, for one of those who read them. */
export const isCopiedHourly = ({ analysts, dashboards }: StageConfig): boolean =>
  (hasOpenAnalysts(analysts) && analysts.refreshAfter === 'each rollup') ||
  (dashboards?.persons === false && dashboards.refreshAfter === 'each rollup');

/** Whether raw objects may be written once more without persons who are to be forgotten. */
export const erasesRaw = ({ erasures }: Pick<StageConfig, 'erasures'>): boolean =>
  typeof erasures === 'object' && erasures.raw;

/** How long the stage keeps what, as its functions go by it. */
export const retentionOf = ({ retention: { rawDays: kept, days: byTable } }: StageConfig): Retention => ({
  ...(kept === null ? {} : { rawDays: kept }),
  ...(Object.keys(byTable).length === 0 ? {} : { days: byTable }),
});

/** @throws ConfigError if a policy would have to be attached to a role of another account, which IAM does not know */
export function refuseOtherAccounts({ analysts }: StageConfig, stage: string, account: string): void {
  for (const { principal } of analysts.principals)
    if (principal.split(':')[4] !== account)
      throw wrong(
        stage,
        `  analysts.principals: a role of another account than the stage's (${account}): ${principal}`,
      );
}

/** @throws ConfigError if something is kept for less than other steps need it */
export function refuseShortRetention(config: StageConfig, stage: string, attributionDays: number): void {
  const needed: NeededBy = { attributionDays, reportDays: config.report?.days ?? 0 };
  const problems = retentionProblems(retentionOf(config), needed);
  if (problems.length > 0) throw wrong(stage, problems.map((problem) => `  retention.${problem}`).join('\n'));
}

const wrong = (stage: string, what: string): ConfigError =>
  new ConfigError(`maillake.config.ts is wrong for stage ${stage}:\n${what}`);

/** Sections are laid over each other key by key, `raw` and everything that is no section is replaced. */
function laidOver(all: StageInput, stage: Partial<StageInput>): StageInput {
  const merged: Record<string, unknown> = { ...all };
  for (const [key, value] of Object.entries(stage)) {
    const below = merged[key];
    merged[key] = key !== 'raw' && isSection(value) && isSection(below) ? { ...below, ...value } : value;
  }
  return { ...all, ...merged };
}

const isSection = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
