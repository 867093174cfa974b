/** Generated raw data, read and decoded by the real steps, with recipient_messages by the rollup's select: not settled. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type GenerateOptions, generate, type Truth } from '#generate/index.ts';
import { outcomesRoot } from '#lake/protocol/keys.ts';
import { openUnits } from '#lake/protocol/open-units.ts';
import { DEFAULT_SETTINGS } from '#lake/settings.ts';
import { planPrefix } from '#lake/steps/plan.ts';
import { transform } from '#lake/steps/transform.ts';
import { events, units } from '#lake/tables/index.ts';
import { columnNames, type Table } from '#lake/tables/table.ts';
import { tableSelect } from '#local/duckdb/relations.ts';
import { openLake } from '#local/lake.ts';
import { type LakeFixture, lakeFixture } from './lake-fixture.ts';

type Options = Omit<GenerateOptions, 'out' | 'truth'>;

/** `events` alone unless said otherwise, each record once unless `isDoubled`. */
export interface Filling {
  tables?: readonly Table[];
  /** every file is there a second time, as another unit's would be that had the same records delivered again */
  isDoubled?: boolean;
}

export async function generatedLake(options: Options): Promise<{ lake: LakeFixture; truth: Truth }> {
  const { lakes, truth } = await generatedLakes(options, [{}]);
  const [lake] = lakes;
  if (!lake) throw new Error('no lake');
  return { lake, truth };
}

/** The same raw data in several lakes, one for each filling. */
export async function generatedLakes(
  options: Options,
  fillings: readonly Filling[],
): Promise<{ lakes: LakeFixture[]; truth: Truth }> {
  const folder = mkdtempSync(join(tmpdir(), 'generated-'));
  try {
    const path = join(folder, 'truth.json');
    await generate({ ...options, out: join(folder, 'raw'), truth: path });
    const truth: Truth = JSON.parse(readFileSync(path, 'utf8'));
    await transformAll(join(folder, 'raw'), join(folder, 'lake'));
    const lakes: LakeFixture[] = [];
    for (const filling of fillings) lakes.push(await filled(join(folder, 'lake'), filling, truth));
    return { lakes, truth };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function filled(folder: string, { tables = [events], isDoubled = false }: Filling, truth: Truth) {
  const lake = await lakeFixture();
  const copies = isDoubled ? ['*', "* replace ('later.version' as attempt, 'z/' || source_key as source_key)"] : ['*'];
  for (const table of tables) {
    const columns = [...columnNames(table), 'dt'].join(', ');
    const files = liveFiles(folder, table);
    for (const copy of copies) {
      // Not each table says where its rows come from.
      const select = 'attempt' in table.columns ? copy : '*';
      const read = tableSelect(table, files, ['dt']);
      await lake.run(`insert into ${table.name} select ${columns} from (select ${select} from (${read}))`);
    }
  }
  await lake.rollup({ first: truth.first_day, last: truth.last_day });
  return lake;
}

/** Plan and transform, as they would be run: nothing is settled. */
async function transformAll(raw: string, folder: string): Promise<void> {
  const { ports, close } = await openLake({ raw, lake: folder, durable: false });
  await planPrefix(ports, DEFAULT_SETTINGS, '');
  for (const unit of await openUnits(ports.lake))
    await transform(ports, unit, { settings: DEFAULT_SETTINGS, version: 'abc123' });
  await close();
}

function liveFiles(folder: string, { name: table }: Table): string[] {
  const written = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const isLive = (name: string): boolean =>
    table === units.name
      ? name.includes(outcomesRoot) && name.endsWith('.json')
      : name.includes(`live/${table}/`) && name.endsWith('.parquet');
  return written.filter(isLive).map((name) => join(folder, name));
}
