/**
 * transform: one unit of raw objects → live Parquet files, partitions, one outcome. The same unit gives the same bytes,
 * so it may be run by anyone, any number of times. design: "The protocol", transform.
 */
import { makeDecoder } from '../decode/index.ts';
import { deliveredAt } from '../decode/time.ts';
import { ChangedObject, MissingObject, type Ports, type UnitMessage } from '../ports.ts';
import { readObject } from '../read/object.ts';
import type { Place, RecordVisitor } from '../read/record.ts';
import type { Settings } from '../settings.ts';
import { ObjectRejection, Rejection } from '../vocabulary.ts';
import { type Fetched, fetchAhead } from './ahead.ts';
import { UnitRows } from './append.ts';
import { concurrently } from './concurrent.ts';
import { attemptId, liveFile, liveFolder, outcomeKey, tryFolder, tryKey } from './layout.ts';
import {
  createState,
  type LiveFile,
  type ObjectProblem,
  type Outcome,
  type PlannedUnit,
  readBytes,
  readOutcome,
  readPlan,
} from './state.ts';
import { Tally } from './tally.ts';

export type TransformPorts = Pick<Ports, 'raw' | 'lake' | 'catalog' | 'clock'>;

export interface TransformOptions {
  settings: Settings;
  /** hash of sources, lock file and effective settings, lower-case hex: what code an attempt ran */
  version: string;
  /** told after each object, with its stored bytes */
  onObject?: (bytes: number) => void;
}

/** Bytes of a rejected record that quarantine keeps. */
const RAW_KEPT = 64 * 1024;

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
    ...content.tally.counts(),
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
    const content = await readUnit(ports, unit, attempt, options);
    const encoded = content.rows.files(options.settings.parquet, options.settings.limits.fileBytes);
    const files = await concurrently(encoded, FILES_AT_ONCE, async ({ table, dt, part, rows, bytes, sendDays }) => {
      const key = liveFile(table, dt, attempt, part);
      const isOurs =
        (await ports.lake.create(key, bytes)) || Buffer.compare(await readBytes(ports.lake, key), bytes) === 0;
      return { isOurs, table, dt, key, rows, bytes: bytes.length, send_days: sendDays };
    });
    if (files.every(({ isOurs }) => isOurs)) {
      return { attempt, content, files: files.map(({ isOurs: _, ...file }): LiveFile => file) };
    }
  }
}

interface UnitContent {
  rows: UnitRows;
  tally: Tally;
  problems: ObjectProblem[];
  newestDeliveredAt: number | null;
}

async function readUnit(
  { raw }: TransformPorts,
  unit: PlannedUnit,
  attempt: string,
  { settings, onObject }: TransformOptions,
): Promise<UnitContent> {
  const rows = new UnitRows();
  const tally = new Tally();
  const problems: ObjectProblem[] = [];
  const decode = makeDecoder(settings);
  let newestDeliveredAt: number | null = null;

  for await (const fetched of fetchAhead(raw, unit.objects)) {
    const { object } = fetched;
    const problem = await readInto(fetched);
    if (problem) problems.push({ key: object.key, problem });
    onObject?.(object.size);
  }
  return { rows, tally, problems, newestDeliveredAt };

  async function readInto({ object, body }: Fetched): Promise<ObjectProblem['problem'] | null> {
    const context = {
      attempt,
      sourceKey: object.key,
      sourceOrdinal: 0,
      deliveredAt: deliveredAt(object.key, object.modified, settings.objectNameOffsetHours),
    };
    newestDeliveredAt = Math.max(newestDeliveredAt ?? 0, context.deliveredAt);
    const visitor: RecordVisitor = {
      record(value, text, place) {
        context.sourceOrdinal = place.ordinal;
        try {
          tally.verdict(decode(value, text, context, rows));
        } catch (error) {
          if (!(error instanceof Rejection)) throw error;
          visitor.reject(error, place);
        }
      },
      skip(kind) {
        tally.verdict({ is: 'skipped', type: kind });
      },
      reject(rejection, place) {
        tally.quarantined(rejection.reason);
        quarantine(rejection, place);
      },
    };
    const quarantine = (rejection: Rejection, place: Place | null): void =>
      rows.quarantine({
        attempt,
        source_key: object.key,
        source_ordinal: place?.ordinal ?? 0,
        byte_offset: place?.offset ?? null,
        byte_length: place?.length ?? null,
        reason: rejection.reason,
        detail: rejection.detail,
        raw: place ? Buffer.from(place.raw(RAW_KEPT)).toString('base64') : null,
        delivered_to_lake_at: context.deliveredAt,
      });

    const mark = rows.mark();
    const before = tally.snapshot();
    try {
      await readObject(body(), settings.limits, visitor);
      return null;
    } catch (error) {
      if (error instanceof MissingObject) return 'source_missing';
      if (error instanceof ChangedObject) return 'raw_changed';
      if (!(error instanceof ObjectRejection)) throw error;
      // Nothing of a damaged object counts but the object itself, as one record.
      rows.rollback(mark);
      tally.restore(before);
      tally.quarantined(error.reason);
      quarantine(error, null);
      return null;
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
