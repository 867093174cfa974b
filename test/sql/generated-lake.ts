/** Generated raw data, read and decoded by the real steps, with recipient_messages by the rollup's select: not settled. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_SETTINGS } from '#lake/settings.ts';
import { openUnits } from '#lake/steps/open-units.ts';
import { planPrefix } from '#lake/steps/plan.ts';
import { transform } from '#lake/steps/transform.ts';
import { events } from '#lake/tables/index.ts';
import { columnNames } from '#lake/tables/table.ts';
import { tableSelect } from '#local/duckdb-relations.ts';
import { type GenerateOptions, generate, type Truth } from '#local/generate/index.ts';
import { openLake } from '#local/lake.ts';
import { type LakeFixture, lakeFixture } from './lake-fixture.ts';

export async function generatedLake(
  options: Omit<GenerateOptions, 'out' | 'truth'>,
): Promise<{ lake: LakeFixture; truth: Truth }> {
  const folder = mkdtempSync(join(tmpdir(), 'generated-'));
  try {
    const path = join(folder, 'truth.json');
    await generate({ ...options, out: join(folder, 'raw'), truth: path });
    const truth: Truth = JSON.parse(readFileSync(path, 'utf8'));
    const lake = await lakeFixture();
    const columns = [...columnNames(events), 'dt'].join(', ');
    const files = await eventFiles(join(folder, 'raw'), join(folder, 'lake'));
    await lake.run(`insert into events select ${columns} from (${tableSelect(events, files, ['dt'])})`);
    await lake.rollup({ first: truth.first_day, last: truth.last_day });
    return { lake, truth };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What plan and transform make of the raw objects. */
async function eventFiles(raw: string, folder: string): Promise<string[]> {
  const { ports, close } = await openLake({ raw, lake: folder, durable: false });
  await planPrefix(ports, DEFAULT_SETTINGS, '');
  for (const unit of await openUnits(ports.lake))
    await transform(ports, unit, { settings: DEFAULT_SETTINGS, version: 'abc123' });
  await close();
  const written = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return written.filter((name) => /\/live\/events\/.*[.]parquet$/.test(`/${name}`)).map((name) => join(folder, name));
}
