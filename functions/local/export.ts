/** export: the files that readers see now, for programs that know nothing of the lake. */
import { constants } from 'node:fs';
import { copyFile, link, mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { concurrently } from '#lake/concurrently.ts';
import type { Table } from '#lake/tables/table.ts';
import type { TableFile } from './duckdb/sources.ts';
import type { LocalLake } from './lake.ts';

export interface ExportOptions {
  /** folder that isn't there yet */
  out: string;
  tables: readonly Table[];
  /** `hive`: `<table>/dt=D/*.parquet`, the lake's own files; `table`: one new file `<table>.parquet` */
  layout: 'hive' | 'table';
  /** copy files also where a hard link is possible, so that a program may change them */
  copy: boolean;
}

export interface ExportedTable {
  table: string;
  files: number;
  bytes: number;
  /** days whose repeats are still in them, as they have not been settled */
  unsettled_days: number;
}

const AT_ONCE = 16;

/** Writes the folder beside its place and renames it at the end, so that it is never seen half-written. */
export async function exportTables(lake: LocalLake, { out, ...options }: ExportOptions): Promise<ExportedTable[]> {
  const unfinished = `${out}.${lake.ports.clock.nonce()}.tmp`;
  await mkdir(unfinished, { recursive: true });
  try {
    const exported: ExportedTable[] = [];
    for (const table of options.tables) exported.push(await exportTable(lake, table, unfinished, options));
    await rename(unfinished, out);
    return exported;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function exportTable(
  { engine }: LocalLake,
  table: Table,
  folder: string,
  { layout, copy }: Omit<ExportOptions, 'out'>,
): Promise<ExportedTable> {
  const files = await engine.files(table);
  const live = new Set(files.filter(isLive).map(({ dt }) => dt));
  const of = { table: table.name, files: files.length, unsettled_days: live.size };
  if (layout === 'table') {
    const path = join(folder, `${table.name}.parquet`);
    await engine.copyTo(`select * from ${table.name}`, path);
    return { ...of, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
  }
  await mkdir(join(folder, table.name), { recursive: true });
  await concurrently(files, AT_ONCE, async ({ dt, path }) => {
    const to = join(folder, table.name, `dt=${dt}`, basename(path));
    await mkdir(dirname(to), { recursive: true });
    await (copy ? copyFile(path, to, constants.COPYFILE_FICLONE) : linkOrCopy(path, to));
  });
  return { ...of, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
}

const isLive = ({ location }: TableFile): boolean => location.split('/')[1] === 'live';

/** A hard link takes no room; file systems that have none, or another disk, get a copy. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ENOENT' || code === 'ENOSPC') throw error;
    await copyFile(from, to, constants.COPYFILE_FICLONE);
  }
}
