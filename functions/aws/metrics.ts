/**
 * Every figure that the functions count, by name: what it is, and where it goes. A metric is billed by the hours in which it is
 * sent ("Amazon CloudWatch pricing"), so few are sent all day.
 * - `hourly`, `daily`: a metric that is sent so often, also when it is 0: alarms follow its course
 * - `fault`: a metric of what must not happen, sent only when it is not 0, with an alarm on it
 * - `log`: a field of the function's log and no metric; the dashboard adds it up from there
 */
export const FIGURES = {
  PlannedObjects: {
    what: 'raw objects of the first source sealed into units; of each further one, by its name',
    sent: 'hourly',
  },
  PlannedUnits: { what: 'units sealed', sent: 'log' },
  ChangedObjects: { what: 'raw objects rewritten after planning', sent: 'fault' },
  OpenUnits: { what: 'units without an outcome', sent: 'log' },
  OldestOpenUnitSeconds: { what: 'seconds since the oldest open unit of live mail was planned', sent: 'hourly' },
  Units: { what: 'units that got their outcome', sent: 'log' },
  SplitUnits: { what: 'units split because they failed three times', sent: 'fault' },
  PoisonObjects: { what: 'raw objects quarantined unread because they failed three times', sent: 'fault' },
  MissingObjects: { what: 'raw objects that had gone before they were read', sent: 'fault' },
  Records: { what: 'records read', sent: 'hourly' },
  AcceptedRecords: { what: 'records that made rows', sent: 'log' },
  DuplicateRecords: { what: 'records that repeat others of their unit', sent: 'log' },
  SkippedRecords: { what: 'records that are no e-mail events', sent: 'log' },
  QuarantinedRecords: { what: 'records rejected', sent: 'hourly' },
  LagSeconds: { what: 'seconds from the delivery of the newest object of a unit to its outcome', sent: 'hourly' },
  DeniedUnits: { what: 'units that wait because access was denied', sent: 'fault' },
  FailedUnits: { what: 'units that failed and are tried again', sent: 'log' },
  SettleDays: { what: 'days of tables handed to the workers', sent: 'log' },
  SettledDays: { what: 'days of tables settled', sent: 'log' },
  SettledRows: { what: 'rows of these', sent: 'log' },
  DuplicateRows: { what: 'rows dropped as repeats across units', sent: 'log' },
  FailedDays: { what: 'days that could not be settled or rolled up and are tried again', sent: 'fault' },
  RollupDays: { what: 'send days handed to the workers', sent: 'log' },
  RolledUpDays: { what: 'send days of recipient_messages computed', sent: 'log' },
  Drifts: { what: 'findings of the audit', sent: 'daily' },
  AuditedObjects: { what: 'raw objects that the audit saw', sent: 'log' },
  CollectedFiles: { what: 'files removed that nobody reads any more', sent: 'log' },
  CollectedBytes: { what: 'their bytes', sent: 'log' },
  RereadUnits: { what: 'units that were read again for a rebuild', sent: 'log' },
  RebuiltDays: {
    what: 'days of tables that were made for a rebuild, or given back to readers as they were',
    sent: 'log',
  },
  ReplayedRecords: { what: 'quarantined records sealed to be read again', sent: 'log' },
  Alerts: { what: 'alerts about mail that were told', sent: 'log' },
  Failures: { what: 'invocations that failed', sent: 'log' },
} as const;

export type FigureName = keyof typeof FIGURES;
/** The figures that are also sent as metrics. */
export type MetricName = {
  [Name in FigureName]: (typeof FIGURES)[Name]['sent'] extends 'log' ? never : Name;
}[FigureName];
export const METRICS_NAMESPACE = 'Maillake';

/** The line of a function's log that holds its figures, and where it holds them: queries of the log look for both. */
export const FIGURES_LINE = { message: 'figures', field: 'figures' } as const;
