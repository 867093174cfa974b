/** The settings of a lake and their defaults. */
import { dimensions, origin, tenancy } from './tables/shared.ts';
import type { ZoneOffset } from './zone.ts';

/** The names of declared columns, as their types know them. */
const columnNames = <C extends object>(columns: C): (keyof C & string)[] =>
  Object.keys(columns) as (keyof C & string)[];

/** What a user can set about meaning and limits. Everything here goes into the version of an attempt. */
export interface Settings {
  /** Message tags (SES) or attributes (Pinpoint) that mean a column: tag name → column, first match in order wins. */
  tags: readonly (readonly [tag: string, column: TagColumn])[];
  /** Message tags or attributes that become dimensions of their own, at most five: the first fills dimension_1. */
  dimensions: readonly string[];
  /** Events whose headers fill the headers table: sends only, unless sends are not published. */
  headerCarriers: readonly string[];
  /** Hours that the raw object names' clock is ahead of UTC, or its time zone (Firehose's custom time zone shifts names). */
  objectNameOffsetHours: ZoneOffset;
  /** Key template of raw hour prefixes in UTC plus the offset, `{*}` for any folder name; null: any folder layout. */
  rawTemplate: string | null;
  /** Further raw sources, in other buckets or folders, by name (protocol/raw-sources.ts). */
  otherSources: readonly NamedSource[];
  limits: Limits;
  /** `compatible`: SNAPPY, plain encoding, no dictionaries, for readers that know no more. */
  parquet: 'best' | 'compatible';
  /** `hashed`: an address becomes a keyed hash before anything is written, its domain is kept (decode/pseudonyms.ts). */
  addresses: 'plain' | 'hashed';
}

/** A raw source beside the first one. */
export interface NamedSource extends Pick<Settings, 'rawTemplate' | 'objectNameOffsetHours'> {
  /** lower-case letters, digits and hyphens; it begins the keys of its objects for ever */
  name: string;
}

/** Columns that a tag can be said to mean. */
export const TAG_COLUMNS = [...columnNames(origin), ...columnNames(tenancy), 'application_id'] as const;
export type TagColumn = (typeof TAG_COLUMNS)[number];

/** Columns that hold the tags named in `dimensions`: the first column the first tag. */
export const DIMENSION_COLUMNS = columnNames(dimensions);
export type DimensionColumn = (typeof DIMENSION_COLUMNS)[number];

/** A tag's place in `tags`: those that a user names come before the default ones. */
export const tagsOver = (
  named: Readonly<Record<string, TagColumn>>,
  defaults: Settings['tags'],
): [tag: string, column: TagColumn][] => [
  ...Object.entries(named),
  ...defaults.filter(([tag]) => !Object.hasOwn(named, tag)).map(([tag, column]): [string, TagColumn] => [tag, column]),
];

export interface Limits {
  /** bytes of one record, decompressed */
  recordBytes: number;
  /** bytes of one object, decompressed */
  objectBytes: number;
  /** nesting of a record's JSON */
  depth: number;
  /** objects in a unit */
  unitObjects: number;
  /** expected raw bytes in a unit; a `.gz` counts eightfold */
  unitBytes: number;
  /** bytes of one live file, roughly, before another part begins */
  fileBytes: number;
}

const MB = 1024 * 1024;

export const DEFAULT_SETTINGS: Settings = {
  tags: [
    ['campaign_id', 'campaign_id'],
    ['campaign', 'campaign_id'],
    ['campaign_activity_id', 'campaign_activity_id'],
    ['treatment_id', 'treatment_id'],
    ['treatment', 'treatment_id'],
    ['journey_id', 'journey_id'],
    ['journey_run_id', 'journey_run_id'],
    ['journey_activity_id', 'journey_activity_id'],
    ['application_id', 'application_id'],
  ],
  dimensions: [],
  headerCarriers: ['send'],
  objectNameOffsetHours: 0,
  rawTemplate: null,
  otherSources: [],
  limits: {
    recordBytes: 16 * MB,
    objectBytes: 4096 * MB,
    depth: 200,
    unitObjects: 2000,
    unitBytes: 128 * MB,
    fileBytes: 128 * MB,
  },
  parquet: 'best',
  addresses: 'plain',
};
