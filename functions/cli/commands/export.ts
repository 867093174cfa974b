/** The command `export`: copies or links the current files of tables into a folder for other programs. */
import { existsSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { didYouMean, UsageError } from '#host/failure.ts';
import { byteCount, counted } from '#host/figures.ts';
import { padRight, safeText } from '#host/safe-text.ts';
import { TABLES } from '#lake/tables/index.ts';
import type { Table } from '#lake/tables/table.ts';
import type { Console } from '../console.ts';
import {
  examples,
  existingLake,
  jsonOption,
  type LakeFolder,
  lakeOption,
  withLake,
  writableFolder,
} from './options.ts';

interface ExportFlags extends LakeFolder {
  out: string;
  table?: string[];
  layout: 'hive' | 'table';
  copy?: boolean;
}

/** What people ask for; the others have to be named. */
const USUAL = ['events', 'headers', 'clicks', 'recipient_messages'];

export const exportCommand = (to: Console): Command =>
  new Command('export')
    .description('give the current files of tables to other programs')
    .requiredOption('--out <dir>', 'a folder, which has to be new or empty')
    .option('--table <names...>', `tables (default: ${USUAL.join(', ')})`)
    .addOption(
      new Option('--layout <layout>', 'hive: TABLE/dt=DAY/*.parquet; table: TABLE.parquet')
        .choices(['hive', 'table'])
        .default('hive'),
    )
    .option('--copy', 'copies, not hard links: for programs that change files')
    .addOption(lakeOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
In the lake's own folder lie superseded files, too, which count rows twice. Of a
day that is not settled yet a row may be there twice as well: count distinct
event_id, or leave these days out.
${examples(
  ['export --out tables', 'then in DuckDB: from read_parquet("tables/events/**/*.parquet")'],
  ['export --out tables --layout table --table events clicks', 'two files'],
)}`,
    )
    .action(async ({ lake: folder, json, out, table: named = USUAL, layout, copy = false }: ExportFlags) => {
      const tables = named.map(parquetTable);
      refuseUsed(out);
      existingLake(folder);
      if (existsSync(out)) rmdirSync(out);
      writableFolder(dirname(resolve(out)), '--out');
      const { exportTables } = await import('#local/export.ts');
      const exported = await withLake({ lake: folder }, (lake) =>
        exportTables(lake, { out: resolve(out), tables, layout, copy }),
      );
      if (json) return to.json({ out, layout, tables: exported });
      const width = Math.max(...exported.map(({ table }) => table.length));
      await to.print([
        `Exported to ${safeText(out)}:`,
        ...exported.map(
          ({ table, files, bytes }) => `  ${padRight(table, width)}  ${counted(files, 'file')}, ${byteCount(bytes)}`,
        ),
      ]);
      const unsettled = Math.max(...exported.map(({ unsettled_days }) => unsettled_days));
      if (unsettled > 0) to.note(`${counted(unsettled, 'day is', 'days are')} not settled: a row may be there twice`);
    });

/** @throws UsageError if there is no such table with Parquet files */
export function parquetTable(name: string): Table {
  const table = Object.values(TABLES).find((one) => one.name === name.toLowerCase());
  if (table?.format === 'parquet') return table;
  const names = Object.values(TABLES).filter(({ format }) => format === 'parquet');
  throw new UsageError(
    `there is no table ${name} with Parquet files`,
    didYouMean(
      name,
      names.map((one) => one.name),
    ) ?? `tables: ${names.map((one) => one.name).join(', ')}`,
  );
}

/** @throws UsageError if something lies there */
function refuseUsed(out: string): void {
  if (!existsSync(out)) return;
  if (!statSync(out).isDirectory() || readdirSync(out).length > 0) {
    throw new UsageError(`--out: ${out} is not empty`, 'name a new folder: files of two exports would count twice');
  }
}
