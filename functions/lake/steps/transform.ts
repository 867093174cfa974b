/**
 * transform: one unit of raw objects → live Parquet files, partitions, one outcome. The same unit gives the same bytes,
 * so it may be run by anyone, any number of times. design: "The protocol", transform.
 */
import { MissingObject, type Ports, type UnitMessage } from '../ports.ts';
import { concurrently } from './concurrent.ts';
import { attemptId, liveFile, liveFolder, outcomeKey, tryFolder, tryKey } from './layout.ts';
import {
  createState,
  type LiveFile,
  type Outcome,
  type PlannedUnit,
  readBytes,
  readOutcome,
  readPlan,
} from './state.ts';
import { type ReadOptions, type ReadUnit, readUnit, type UnitContent } from './unit-content.ts';

export type TransformPorts = Pick<Ports, 'raw' | 'lake' | 'catalog' | 'clock'>;

export interface TransformOptions extends ReadOptions {
  /** hash of sources, lock file and effective settings, lower-case hex: what code an attempt ran */
  version: string;
  /** what turns raw bytes into files; left out, the real one */
  read?: ReadUnit;
}

/**
 * Transforms a unit unless it has an outcome, and returns the outcome, whoever made it.
 * @throws DeniedObject and other failures of the environment: the unit waits and is tried again
 */
export async function transform(
  ports: TransformPorts,
  { unit: unitId, plan: planKey }: UnitMessage,
  options: TransformOptions,
): Promise<Outcome> {
  const decided = await readOutcome(ports.lake, unitId);
  if (decided) return decided;

  const plan = await readPlan(ports.lake, planKey);
  const unit = plan.units.find(({ id }) => id === unitId);
  if (!unit) throw new Error(`unit is not in its plan: ${unitId} (${planKey})`);
  await markTry(ports, unitId);

  const startedAt = ports.clock.now();
  const { content, files, attempt } = await writeFiles(ports, unit, options);
  await ensurePartitions(ports, files);

  const rows = (table: string): number =>
    files.reduce((sum, file) => (file.table === table ? sum + file.rows : sum), 0);
  const outcome: Outcome = {
    unit: unitId,
    attempt,
    plan: planKey,
    raw_prefix: plan.prefix,
    status: 'done',
    objects: unit.objects.length,
    bytes: unit.objects.reduce((sum, { size }) => sum + size, 0),
    missing_objects: content.problems.filter(({ problem }) => problem === 'source_missing').length,
    changed_objects: content.problems.filter(({ problem }) => problem === 'raw_changed').length,
    ...content.counts,
    event_rows: rows('events'),
    header_rows: rows('headers'),
    click_rows: rows('clicks'),
    newest_delivered_at: content.newestDeliveredAt,
    started_at: startedAt,
    finished_at: ports.clock.now(),
    files,
    problems: content.problems,
  };
  if (await createState(ports.lake, outcomeKey(unitId), outcome)) return outcome;
  const theirs = await readOutcome(ports.lake, unitId);
  if (!theirs) throw new MissingObject(outcomeKey(unitId));
  return theirs;
}

/** Files on their way to the store at once, while the next is being encoded. */
const FILES_AT_ONCE = 8;

/** Leaves a mark in the store that a try has begun; splitting poison units counts them. */
async function markTry({ lake, clock }: TransformPorts, unit: string): Promise<void> {
  let k = 0;
  for await (const _ of lake.list(tryFolder(unit))) k++;
  while (!(await createState(lake, tryKey(unit, k), { unit, started_at: clock.now() }))) k++;
}

interface Written {
  attempt: string;
  content: UnitContent;
  files: LiveFile[];
}

/**
 * Reads the unit and writes its files. A file that is there already with the same content is ours, or our twin's. Other
 * content under our name would be a broken promise of determinism: then everything is written again under a name of its
 * own, so that one outcome never mixes two attempts.
 */
async function writeFiles(ports: TransformPorts, unit: PlannedUnit, options: TransformOptions): Promise<Written> {
  for (let k = 0; ; k++) {
    const attempt = attemptId(unit.id, options.version, k);
    const content = await (options.read ?? readUnit)(ports.raw, unit, attempt, options);
    const files = await concurrently(
      content.files(),
      FILES_AT_ONCE,
      async ({ table, dt, part, rows, bytes, sendDays }) => {
        const key = liveFile(table, dt, attempt, part);
        const isOurs =
          (await ports.lake.create(key, bytes)) || Buffer.compare(await readBytes(ports.lake, key), bytes) === 0;
        return { isOurs, table, dt, key, rows, bytes: bytes.length, send_days: sendDays };
      },
    );
    if (files.every(({ isOurs }) => isOurs)) {
      return { attempt, content, files: files.map(({ isOurs: _, ...file }): LiveFile => file) };
    }
  }
}

/** Registers the days that the unit touched; a partition that is there already is never changed. */
async function ensurePartitions({ catalog }: TransformPorts, files: readonly LiveFile[]): Promise<void> {
  const days = Map.groupBy(files, ({ table }) => table);
  for (const [table, ofTable] of days) {
    const dts = [...new Set(ofTable.map(({ dt }) => dt))].sort();
    await catalog.ensurePartitions(
      table,
      dts.map((dt) => ({ dt, location: liveFolder(table, dt) })),
    );
  }
}
