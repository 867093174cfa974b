/** Opens a lake on this machine: its folder, raw data, settings and engine as ports. */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { attemptVersion, keyedVersion } from '#host/attempt-version.ts';
import { systemClock } from '#host/clock.ts';
import { codeVersion } from '#host/code-version.ts';
import { UsageError } from '#host/failure.ts';
import { keyedHash } from '#host/keyed-hash.ts';
import { loadSql, viewNames } from '#host/sql-folder.ts';
import type { Ports } from '#lake/ports.ts';
import type { Retention } from '#lake/retention.ts';
import { DEFAULT_SETTINGS, type Settings } from '#lake/settings.ts';
import type { View } from '#lake/sql/views/view.ts';
import { keyOfLake } from './address-key.ts';
import { DiskCatalog } from './disk/catalog.ts';
import { DiskStore } from './disk/store.ts';
import { DuckDbEngine } from './duckdb/engine.ts';
import { MemoryQueue } from './memory-queue.ts';
import { addressOf, readBucketAddress } from './raw/bucket-address.ts';
import { otherRaws } from './raw/known-folder.ts';
import { openSources } from './raw/store.ts';
import { readRetention, readSettings } from './settings-file.ts';

export interface LakeOptions {
  /** first folder of raw objects, in any layout, or `s3://bucket/prefix`; steps that read no raw data need none */
  raw?: string;
  /** folder of the lake, made if it isn't there */
  lake: string;
  settings?: Settings;
  /** the only statement that will be asked: views are loaded if it names one; left out: they are loaded */
  asks?: string;
  /** false for a lake that can be made again: faster, and a power failure may lose what was just written */
  durable?: boolean;
  /** memory that DuckDB may use, such as `4GB`; else what the environment variable MAILLAKE_MEMORY says */
  memoryLimit?: string;
}

/** Units are smaller than in the cloud, so that all cores have work and less memory is used. */
export const LOCAL_SETTINGS: Settings = {
  ...DEFAULT_SETTINGS,
  limits: { ...DEFAULT_SETTINGS.limits, unitBytes: 32 * 1024 * 1024 },
};

/** A lake on this machine: the ports wired to disk and DuckDB. */
export interface LocalLake {
  ports: Ports;
  engine: DuckDbEngine;
  settings: Settings;
  retention: Retention;
  /** hash of code and settings, part of each attempt's name */
  version: string;
  views: View[];
  /** what addresses are hashed under, and forgotten persons known by; null where they stay, or nothing is to be written */
  addressKey: string | null;
  /** the select of sql/rollup/recipient_messages.sql */
  rollupSelect: string;
  /** path of the folder, or address of the bucket's folder */
  rawRoot: string;
  /** further raw folders, by the names of the sources */
  otherRaws: Readonly<Record<string, string>>;
  /** folders, links and names below them that could not be read so far, each with why: their neighbours were */
  unread: ReadonlyMap<string, string>;
  lakeRoot: string;
  durable: boolean;
  close(): Promise<void>;
}

export async function openLake({
  raw,
  lake,
  settings: given,
  asks,
  durable = true,
  memoryLimit = process.env.MAILLAKE_MEMORY,
}: LakeOptions): Promise<LocalLake> {
  const lakeRoot = resolve(lake);
  mkdirSync(lakeRoot, { recursive: true });
  const rawRoot = rootOf(raw ?? join(lakeRoot, 'no-raw'));
  const others = otherRaws(lakeRoot);
  const settings = withSources(given ?? (await readSettings(lake, LOCAL_SETTINGS)), Object.keys(others));
  const names = await viewNames(SQL_FOLDER);
  const needsViews = asks === undefined || mayName(asks, names);
  const { views, rollup } = needsViews ? await loadSql(SQL_FOLDER) : NO_SQL;
  const store = new DiskStore(lakeRoot, { durable });
  // A lake that is only read needs no key.
  const addressKey = raw === undefined ? null : await keyOfLake(store, settings);
  const fingerprint = addressKey === null || settings.addresses === 'plain' ? null : keyedHash(addressKey).fingerprint;
  const catalog = new DiskCatalog(lakeRoot, { durable });
  const engine = await DuckDbEngine.open({
    root: lakeRoot,
    catalog,
    views,
    viewNames: names,
    durable,
    ...(memoryLimit ? { memoryLimit } : {}),
  });
  const unread = new Map<string, string>();
  const ports: Ports = {
    raw: openSources(rawRoot, others, (path, why) => unread.set(path, why)),
    lake: store,
    catalog,
    engine,
    queue: new MemoryQueue(),
    clock: systemClock,
  };
  return {
    ports,
    engine,
    settings,
    retention: await readRetention(lake),
    version: attemptVersion(keyedVersion(codeVersion(settings), fingerprint)),
    addressKey,
    views,
    rollupSelect: rollup?.sql ?? '',
    rawRoot,
    otherRaws: others,
    unread,
    lakeRoot,
    durable,
    close: () => engine.close(),
  };
}

/**
 * The settings with all the lake's sources: what `settings.json` doesn't say of one is as for the first. On a laptop any layout
 * will do.
 * @throws UsageError if it names a source that the lake doesn't have
 */
function withSources(settings: Settings, names: readonly string[]): Settings {
  const strange = settings.otherSources.find(({ name }) => !names.includes(name));
  if (strange) {
    const known = names.length > 0 ? `it has: ${names.join(', ')}` : 'it has one only';
    throw new UsageError(`settings.json names a raw source ${strange.name} that the lake does not have; ${known}`);
  }
  const otherSources = names.map(
    (name) =>
      settings.otherSources.find((source) => source.name === name) ?? {
        name,
        rawTemplate: null,
        objectNameOffsetHours: settings.objectNameOffsetHours,
      },
  );
  return { ...settings, otherSources };
}

const SQL_FOLDER = fileURLToPath(new URL('../../sql', import.meta.url));

const NO_SQL: { views: View[]; rollup?: View } = { views: [] };

/** Any word may be a name, and `information_schema` has all of them. */
function mayName(sql: string, names: readonly string[]): boolean {
  const words = new Set(sql.toLowerCase().match(/\w+/g));
  return words.has('information_schema') || names.some((name) => words.has(name));
}

function rootOf(raw: string): string {
  const address = readBucketAddress(raw);
  return address ? addressOf(address) : resolve(raw);
}
