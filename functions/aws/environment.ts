/** The environment variables of the Lambda functions, declared once: the stack sets them, the handlers read them here. */
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import {
  addresses,
  dimensionTags,
  headerCarriers,
  limits,
  objectNameOffsetHours,
  parquet,
  rawDays,
  retentionDays,
  sourceName,
  tagColumn,
  tagName,
} from '#host/settings-schema.ts';
import type { Retention } from '#lake/retention.ts';
import { DEFAULT_SETTINGS, type Settings } from '#lake/settings.ts';

/** Every function gets all of them: names are no secrets, and the role decides what a function may do. */
export const VARIABLES = {
  RAW_BUCKET: 'bucket of the raw events',
  OTHER_RAW_BUCKETS: "buckets of further raw sources, by the sources' names, as JSON (MountedRaw)",
  LAKE_BUCKET: 'bucket of the lake',
  DATABASE: 'Glue database of the tables and views',
  WORKGROUP: 'Athena workgroup of settle and rollup, without a limit on scanned bytes',
  REPORTS_BUCKET: 'bucket of the reports',
  LIVE_QUEUE_URL: 'queue of units of live mail',
  BACKFILL_QUEUE_URL: 'queue of units of old mail and of replays',
  SETTLE_QUEUE_URL: 'queue of days of tables to be settled',
  ROLLUP_QUEUE_URL: 'queue of send days to be computed',
  LAKE_VERSION: 'hash of what transform runs and of its settings (codeVersion)',
  LAKE_SETTINGS: 'effective settings as JSON (Settings)',
  ERASES_RAW: '`true`: raw objects may be written once more without persons who are to be forgotten',
  RETENTION: 'days after which tables lose their days, as JSON (Retention)',
  DASHBOARD:
    'data sets of QuickSight that are read anew when a rollup has ended, as JSON; null where there is no dashboard',
  COPIES: 'where views are copied to without persons, as JSON; null where nobody reads them',
  REPORT: 'who gets the report by mail, as JSON; null where nobody does',
  APP: 'the app; it and the stage tell metrics apart',
  STAGE: 'the stage',
} as const;

/** Settings as text for a function: these are left out where they are the default ones, as its variables have little room. */
export const settingsText = ({ addresses, limits, ...settings }: Settings): string =>
  JSON.stringify({
    ...settings,
    ...(isDeepStrictEqual(limits, DEFAULT_SETTINGS.limits) ? {} : { limits }),
    ...(addresses === DEFAULT_SETTINGS.addresses ? {} : { addresses }),
  });

/** Only for transform and erase, and only where addresses are hashed or persons may be forgotten: the key, a secret of the stage. */
export const ADDRESS_KEY = 'ADDRESS_KEY';

export type VariableName = keyof typeof VARIABLES;

/** Long ones, which functions that don't read them get as `null`: all variables of a function together have 4 KB. */
export const OF_SOME = ['DASHBOARD', 'COPIES', 'REPORT'] as const satisfies readonly VariableName[];
export type VariableOfSome = (typeof OF_SOME)[number];

/** What the stack has to set. */
export type EnvironmentVariables = Readonly<Record<VariableName, string>>;

export interface LakeEnvironment {
  rawBucket: string;
  otherRawBuckets: Readonly<Record<string, OtherBucket>>;
  lakeBucket: string;
  reportsBucket: string;
  database: string;
  workgroup: string;
  queues: { live: string; backfill: string; settle: string; rollup: string };
  version: string;
  settings: Settings;
  erasesRaw: boolean;
  retention: Retention;
  dashboard: Dashboard | null;
  copies: CopiesPlace | null;
  report: ReportMail | null;
  app: string;
  stage: string;
  /** another account than AWS's own, for tests: the SDK's own variable AWS_ENDPOINT_URL */
  endpoint?: string;
}

const OtherBuckets = z.record(z.string(), z.strictObject({ bucket: z.string(), region: z.string() }));

/** Where a further raw source lies: SES's global endpoints deliver in two regions. */
export type OtherBucket = z.output<typeof OtherBuckets>[string];

const DashboardText = z
  .strictObject({
    /** whose QuickSight it is: 12 digits */
    account: z.string().regex(/^\d{12}$/),
    /** begins the ids of its data sets */
    id: z.string(),
    /** what follows in these ids, after a hyphen */
    dataSets: z.array(z.string()).min(1),
    isRefreshedHourly: z.boolean(),
  })
  .nullable();

/** What of a dashboard is read anew, and after which rollups: each hour's, or those of all days alone. */
export type Dashboard = NonNullable<z.output<typeof DashboardText>>;

const CopiesText = z
  .strictObject({
    /** of the copies, and of the views over them */
    database: z.string(),
    bucket: z.string(),
    isMadeHourly: z.boolean(),
  })
  .nullable();

/** Where copies without persons are made, and after which rollups: each hour's, or those of all days alone. */
export type CopiesPlace = NonNullable<z.output<typeof CopiesText>>;

const ReportText = z
  .strictObject({ to: z.array(z.string()).min(1), from: z.string(), days: z.int().min(1) })
  .nullable();

const RetentionText = z.strictObject({ rawDays: rawDays.exactOptional(), days: retentionDays.exactOptional() });

/** Who gets the report by mail, from whom, and of how many days. */
export type ReportMail = NonNullable<z.output<typeof ReportText>>;

/** The settings of a deployed lake, over which a user sets what differs: Firehose's own prefixes by the hour. */
export const CLOUD_SETTINGS: Settings = { ...DEFAULT_SETTINGS, rawTemplate: 'raw/{yyyy}/{MM}/{dd}/{HH}/' };

const SettingsText = z.strictObject({
  tags: z.array(z.tuple([tagName, tagColumn])),
  dimensions: dimensionTags,
  headerCarriers,
  objectNameOffsetHours,
  rawTemplate: z.string().nullable(),
  otherSources: z.array(
    z.strictObject({ name: sourceName, rawTemplate: z.string().nullable(), objectNameOffsetHours }),
  ),
  limits: limits.default(DEFAULT_SETTINGS.limits),
  parquet,
  addresses: addresses.default(DEFAULT_SETTINGS.addresses),
});

/** @throws Error naming every variable that is missing or wrong */
export function readEnvironment(variables: Readonly<Record<string, string | undefined>>): LakeEnvironment {
  const missing = Object.entries(VARIABLES).filter(([name]) => !variables[name]);
  if (missing.length > 0) {
    const named = missing.map(([name, meaning]) => `${name} (${meaning})`).join(', ');
    throw new Error(`environment variables are missing, deploy the stage again: ${named}`);
  }
  const of = (name: VariableName): string => variables[name] ?? '';
  if (!/^[0-9a-f]+$/.test(of('LAKE_VERSION'))) throw new Error('LAKE_VERSION is not lower-case hex');
  const endpoint = variables.AWS_ENDPOINT_URL;
  return {
    rawBucket: of('RAW_BUCKET'),
    otherRawBuckets: readJson('OTHER_RAW_BUCKETS', of('OTHER_RAW_BUCKETS'), OtherBuckets),
    lakeBucket: of('LAKE_BUCKET'),
    reportsBucket: of('REPORTS_BUCKET'),
    database: of('DATABASE'),
    workgroup: of('WORKGROUP'),
    queues: {
      live: of('LIVE_QUEUE_URL'),
      backfill: of('BACKFILL_QUEUE_URL'),
      settle: of('SETTLE_QUEUE_URL'),
      rollup: of('ROLLUP_QUEUE_URL'),
    },
    version: of('LAKE_VERSION'),
    settings: readJson('LAKE_SETTINGS', of('LAKE_SETTINGS'), SettingsText),
    erasesRaw: of('ERASES_RAW') === 'true',
    retention: readJson('RETENTION', of('RETENTION'), RetentionText),
    dashboard: readJson('DASHBOARD', of('DASHBOARD'), DashboardText),
    copies: readJson('COPIES', of('COPIES'), CopiesText),
    report: readJson('REPORT', of('REPORT'), ReportText),
    app: of('APP'),
    stage: of('STAGE'),
    ...(endpoint ? { endpoint } : {}),
  };
}

/** A stage says its settings to those who may read its database, and no function: as a parameter of that database. */
export const settingsParameter = (settings: Settings): Readonly<Record<string, string>> => ({
  [SETTINGS_PARAMETER]: settingsText(settings),
});

/** Of a stage of another release what both know. @throws Error if they are no settings */
export function settingsOfParameters(parameters: Readonly<Record<string, string>> = {}): Settings {
  const known = SettingsText.partial().strip();
  const given = readJson(SETTINGS_PARAMETER, parameters[SETTINGS_PARAMETER] ?? '{}', known);
  return readJson(SETTINGS_PARAMETER, JSON.stringify({ ...CLOUD_SETTINGS, ...given }), SettingsText);
}
const SETTINGS_PARAMETER = 'maillake_settings';

function readJson<T>(name: string, text: string, schema: z.ZodType<T>): T {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw new Error(`${name} is not JSON`);
  }
  const parsed = schema.safeParse(content);
  if (!parsed.success) throw new Error(`${name} is wrong\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
