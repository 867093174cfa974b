/** The command `quarantine`: shows records that could not be read, and reads them again. */
import { Command } from 'commander';
import { didYouMean, UsageError } from '#host/failure.ts';
import { count, counted, duration } from '#host/figures.ts';
import { cutText, padLeft, padRight, safeText, wrapText } from '#host/safe-text.ts';
import type { SqlValue } from '#lake/ports.ts';
import { quoteText } from '#lake/sql/quote.ts';
import type { QuarantinedRecord } from '#lake/steps/replay/quarantined.ts';
import { REASONS, type Reason } from '#lake/vocabulary.ts';
import type { ReplaySummary } from '#local/run/replay.ts';
import type { Console } from '../console.ts';
import type { Palette } from '../terminal/palette.ts';
import {
  atStage,
  callOf,
  isStage,
  type LakePlace,
  type ReadLake,
  type StageNames,
  withReadLake,
} from './lake-place.ts';
import {
  examples,
  existingLake,
  type Folders,
  jsonOption,
  lakeCommand,
  lakeOption,
  rawFolder,
  rawOption,
  wholeNumber,
  withLake,
} from './options.ts';
import { countLines } from './run.ts';

interface QuarantineFlags extends Folders, StageNames {
  reason?: string;
  limit: number;
  replay?: boolean;
}

export const quarantineCommand = (to: Console): Command =>
  atStage(
    new Command('quarantine')
      .description('show what could not be read, and why; read it again')
      .option('--reason <reason>', 'only records rejected for this reason, one by one')
      .option('--limit <n>', 'records to show', wholeNumber(1), 20)
      .option('--replay', "read them again with today's code and settings; takes --raw")
      .addOption(rawOption())
      .addOption(lakeOption())
      .addOption(jsonOption())
      .addHelpText(
        'after',
        examples(
          ['quarantine', 'how many for which reason'],
          ['quarantine --reason json --limit 5', 'five that are no JSON'],
          [
            'quarantine --reason record_too_large --replay --raw path/to/raw',
            'after raising the limit in settings.json',
          ],
        ),
      )
      .action(async ({ raw, reason: named, limit, json, replay, ...place }: QuarantineFlags) => {
        const { lake: folder } = place;
        const reason = named === undefined ? undefined : reasonNamed(named);
        if (replay && isStage(place))
          throw new UsageError(
            '--replay: a stage reads records again by itself',
            `have it do so: ${await callOf(place, 'replay', reason === undefined ? {} : { reason })}`,
          );
        if (replay) {
          existingLake(folder);
          const root = await rawFolder({ ...(raw === undefined ? {} : { raw }), lake: folder });
          const { replayAll } = await import('#local/run/replay.ts');
          const summary = await withLake({ raw: root, lake: folder }, (lake) =>
            replayAll(lake, { progress: to.progress, ...(reason ? { reason } : {}) }),
          );
          if (json) return to.json(summary);
          return to.print(replayLines(summary, to.palette));
        }
        const found = await withReadLake(place, to, (lake) => look(lake, reason, limit));
        if (json) return to.json(reason === undefined ? { reasons: found.reasons } : found);
        await to.print(reason === undefined ? reasonLines(found.reasons, to) : recordLines(found, to, place));
      }),
  );

function reasonNamed(name: string): Reason {
  const found = isReason(name) ? name : undefined;
  if (found) return found;
  const hint = didYouMean(name, Object.keys(REASONS)) ?? `reasons: ${Object.keys(REASONS).join(', ')}`;
  throw new UsageError(`there is no reason ${name}`, hint);
}

const isReason = (name: string): name is Reason => Object.hasOwn(REASONS, name);

interface ReasonCount {
  reason: string;
  meaning: string;
  /** records in quarantine now */
  records: number;
  objects: number;
  /** records that were rejected for this reason and that a replay has accepted since */
  replayed: number;
}

interface RejectedRecord {
  source_key: string;
  source_ordinal: number;
  byte_offset: number | null;
  byte_length: number | null;
  detail: string;
  /** its first bytes as text; null for a whole object */
  raw: string | null;
  /** a replay has accepted it since */
  replayed: boolean;
}

interface Found {
  reasons: ReasonCount[];
  records: RejectedRecord[];
}

/** What a replay rejected again is there once, as it was rejected last. */
async function look({ ports, engine }: ReadLake, reason: Reason | undefined, limit: number): Promise<Found> {
  const { quarantinedRecords } = await import('#lake/steps/replay/quarantined.ts');
  const { records } = await quarantinedRecords({ lake: ports.lake, engine });
  const shown = records.filter(
    (record) => record.state !== 'superseded' && (reason === undefined || record.reason === reason),
  );
  return {
    reasons: reasonCounts(shown),
    records: reason === undefined ? [] : await rejectedRecords(engine, shown.sort(byPlace).slice(0, limit)),
  };
}

function reasonCounts(records: readonly QuarantinedRecord[]): ReasonCount[] {
  const meanings = new Map<string, string>(Object.entries(REASONS));
  return [...Map.groupBy(records, ({ reason }) => reason)]
    .map(([reason, ofReason]) => {
      const now = ofReason.filter(({ state }) => state !== 'accepted');
      return {
        reason,
        meaning: meanings.get(reason) ?? '',
        records: now.length,
        objects: new Set(now.map(({ source_key }) => source_key)).size,
        replayed: ofReason.length - now.length,
      };
    })
    .sort((a, b) => b.records - a.records || (a.reason < b.reason ? -1 : 1));
}

/** As much of the bytes as anyone reads here; the table has up to 64 KB of each. */
const RAW_SHOWN = 2000;

const byPlace = (a: QuarantinedRecord, b: QuarantinedRecord): number =>
  a.source_key === b.source_key ? a.source_ordinal - b.source_ordinal : a.source_key < b.source_key ? -1 : 1;

/** One row of the table is one attempt's record at one place. */
const idOf = (attempt: unknown, key: unknown, ordinal: unknown, offset: unknown): string =>
  [attempt, key, ordinal, offset ?? ''].map(String).join('\n');

async function rejectedRecords(
  engine: ReadLake['engine'],
  records: readonly QuarantinedRecord[],
): Promise<RejectedRecord[]> {
  const among = (values: readonly string[]): string => [...new Set(values)].map(quoteText).join(', ');
  if (records.length === 0) return [];
  const { rows } = await engine.query(
    `select attempt, source_key, source_ordinal, byte_offset, detail, raw from quarantine where attempt in (${among(records.map(({ attempt }) => attempt))}) and source_key in (${among(records.map(({ source_key }) => source_key))})`,
  );
  const contents = new Map<string, { detail: string; raw: SqlValue }>();
  for (const [attempt, key, ordinal, offset, detail, raw] of rows) {
    contents.set(idOf(attempt, key, ordinal, offset), { detail: String(detail), raw: raw ?? null });
  }
  return records.map(({ attempt, source_key, source_ordinal, byte_offset, byte_length, state }) => {
    const { detail, raw } = contents.get(idOf(attempt, source_key, source_ordinal, byte_offset)) ?? {};
    return {
      source_key,
      source_ordinal,
      byte_offset,
      byte_length,
      detail: detail ?? '',
      raw: raw == null ? null : Buffer.from(String(raw), 'base64').subarray(0, RAW_SHOWN).toString('utf8'),
      replayed: state === 'accepted',
    };
  });
}

function* reasonLines(reasons: readonly ReasonCount[], { palette, width }: Console): Generator<string> {
  if (reasons.length === 0) return yield 'Nothing is in quarantine.';
  const label = Math.max(...reasons.map(({ reason }) => reason.length));
  const digits = Math.max(...reasons.map(({ records }) => count(records).length));
  for (const { reason, records, objects, meaning, replayed } of reasons) {
    const head = `${palette.bold(padRight(reason, label))}  ${padLeft(count(records), digits)}  `;
    const since = replayed > 0 ? [`${count(replayed)} more accepted by a replay`] : [];
    const says = `${meaning} (${[counted(objects, 'object'), ...since].join('; ')})`;
    const [first = '', ...more] = wrapText(says, Math.max(width - label - digits - 4, 20));
    yield head + first;
    for (const line of more) yield ' '.repeat(label + digits + 4) + line;
  }
}

function* recordLines(
  { reasons, records }: Found,
  { palette, width }: { palette: Palette; width: number },
  place: LakePlace,
): Generator<string> {
  const [reason] = reasons;
  if (!reason) return yield 'Nothing is in quarantine for this reason.';
  yield `${palette.bold(reason.reason)}: ${reason.meaning}`;
  for (const { source_key, source_ordinal, byte_offset, byte_length, detail, raw, replayed } of records) {
    yield '';
    yield palette.cyan(safeText(source_key)) + (replayed ? palette.green('  accepted by a replay') : '');
    const place =
      byte_offset === null ? 'the whole object' : `${counted(byte_length ?? 0, 'byte')} from ${count(byte_offset)}`;
    yield `  record ${count(source_ordinal)}, ${place}`;
    for (const line of wrapText(safeText(detail), width - 2)) yield `  ${line}`;
    if (raw !== null && raw !== '') yield palette.dim(`  ${cutText(safeText(raw), width - 2)}`);
  }
  const all = reason.records + reason.replayed;
  if (records.length < all) {
    yield '';
    yield palette.dim(`${count(records.length)} of ${count(all)} records: see more with --limit`);
  }
  if (reason.records > 0)
    yield palette.dim(`read them again: ${lakeCommand(`quarantine --reason ${reason.reason} --replay`, place)}`);
}

const MOST_NAMED = 5;

/** A replay in a few lines. */
export function* replayLines(summary: ReplaySummary, { bold, dim }: Palette): Generator<string> {
  const { units, replayed, objects, records, unchanged, unavailable_objects, settled_days, rolled_up_days } = summary;
  if (units === 0) yield `${bold('Nothing to read again')}.`;
  else {
    yield `${bold(`${counted(replayed, 'quarantined record')} read again`)} from ${counted(objects, 'object')} in ${duration(summary.seconds)}: ${counted(records, 'record')}`;
    yield* countLines(summary);
  }
  if (settled_days + rolled_up_days > 0) {
    yield `  days        settled ${count(settled_days)}, recomputed ${counted(rolled_up_days, 'send day')}`;
  }
  if (unchanged > 0) {
    yield dim(
      `${counted(unchanged, 'record was', 'records were')} rejected by this very code and settings, or have no bytes: reading again would change nothing.`,
    );
  }
  if (unavailable_objects.length > 0) {
    yield `${counted(unavailable_objects.length, 'raw object is', 'raw objects are')} not there as planned; put them back to have them read:`;
    for (const key of unavailable_objects.slice(0, MOST_NAMED)) yield `  ${safeText(key)}`;
    if (unavailable_objects.length > MOST_NAMED)
      yield dim(`  and ${count(unavailable_objects.length - MOST_NAMED)} more`);
  }
}
