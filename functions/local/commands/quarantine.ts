import { Command } from 'commander';
import type { QueryResult, SqlValue } from '#lake/ports.ts';
import { REASONS } from '#lake/vocabulary.ts';
import type { Console } from '../console.ts';
import { didYouMean, UsageError } from '../failure.ts';
import type { LocalLake } from '../lake.ts';
import type { Palette } from '../terminal/colour.ts';
import { count, counted } from '../terminal/figures.ts';
import { cutText, padLeft, padRight, safeText, wrapText } from '../terminal/text.ts';
import { withLake } from './lake-session.ts';
import { examples, existingLake, jsonOption, type LakeFolder, lakeOption, wholeNumber } from './options.ts';

interface QuarantineFlags extends LakeFolder {
  reason?: string;
  limit: number;
}

export const quarantineCommand = (to: Console): Command =>
  new Command('quarantine')
    .description('look at what could not be read, and why')
    .option('--reason <reason>', 'only records rejected for this reason, one by one')
    .option('--limit <n>', 'records to show', wholeNumber(1), 20)
    .addOption(lakeOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        ['quarantine', 'how many for which reason'],
        ['quarantine --reason json --limit 5', 'five that are no JSON'],
      ),
    )
    .action(async ({ lake: folder, reason, limit, json }: QuarantineFlags) => {
      if (reason !== undefined && !(reason in REASONS)) {
        const hint = didYouMean(reason, Object.keys(REASONS)) ?? `reasons: ${Object.keys(REASONS).join(', ')}`;
        throw new UsageError(`there is no reason ${reason}`, hint);
      }
      existingLake(folder);
      const found = await withLake({ lake: folder }, async (lake) => ({
        reasons: await reasonCounts(lake, reason),
        records: reason === undefined ? [] : await rejectedRecords(lake, reason, limit),
      }));
      if (json) return to.json(reason === undefined ? { reasons: found.reasons } : found);
      await to.print(reason === undefined ? reasonLines(found.reasons, to) : recordLines(found, to));
    });

interface ReasonCount {
  reason: string;
  meaning: string;
  records: number;
  objects: number;
}

async function reasonCounts({ engine }: LocalLake, only: string | undefined): Promise<ReasonCount[]> {
  const where = only === undefined ? '' : `where reason = '${only}'`;
  const { rows } = await engine.query(
    `select reason, count(*) as records, count(distinct source_key) as objects from quarantine ${where} group by reason order by records desc, reason`,
  );
  const meanings = new Map<string, string>(Object.entries(REASONS));
  return rows.map(([reason, records, objects]) => ({
    reason: String(reason),
    meaning: meanings.get(String(reason)) ?? '',
    records: Number(records),
    objects: Number(objects),
  }));
}

interface RejectedRecord {
  source_key: string;
  source_ordinal: number;
  byte_offset: number | null;
  byte_length: number | null;
  detail: string;
  /** its first bytes as text; null for a whole object */
  raw: string | null;
}

/** As much of the bytes as anyone reads here; the table has up to 64 KB of each. */
const RAW_SHOWN = 2000;

async function rejectedRecords({ engine }: LocalLake, reason: string, limit: number): Promise<RejectedRecord[]> {
  const { rows }: QueryResult = await engine.query(
    `select source_key, source_ordinal, byte_offset, byte_length, detail, raw from quarantine where reason = '${reason}' order by source_key, source_ordinal limit ${limit}`,
  );
  const number = (value: SqlValue | undefined): number | null => (value == null ? null : Number(value));
  return rows.map(([key, ordinal, offset, length, detail, raw]) => ({
    source_key: String(key),
    source_ordinal: Number(ordinal),
    byte_offset: number(offset),
    byte_length: number(length),
    detail: String(detail),
    raw: raw == null ? null : Buffer.from(String(raw), 'base64').subarray(0, RAW_SHOWN).toString('utf8'),
  }));
}

function* reasonLines(reasons: readonly ReasonCount[], { palette, width }: Console): Generator<string> {
  if (reasons.length === 0) return yield 'Nothing is in quarantine.';
  const label = Math.max(...reasons.map(({ reason }) => reason.length));
  const digits = Math.max(...reasons.map(({ records }) => count(records).length));
  for (const { reason, records, objects, meaning } of reasons) {
    const head = `${palette.bold(padRight(reason, label))}  ${padLeft(count(records), digits)}  `;
    const says = `${meaning} (${counted(objects, 'object')})`;
    const [first = '', ...more] = wrapText(says, Math.max(width - label - digits - 4, 20));
    yield head + first;
    for (const line of more) yield ' '.repeat(label + digits + 4) + line;
  }
}

function* recordLines(
  { reasons, records }: { reasons: readonly ReasonCount[]; records: readonly RejectedRecord[] },
  { palette, width }: { palette: Palette; width: number },
): Generator<string> {
  const [reason] = reasons;
  if (!reason) return yield 'Nothing is in quarantine for this reason.';
  yield `${palette.bold(reason.reason)}: ${reason.meaning}`;
  for (const { source_key, source_ordinal, byte_offset, byte_length, detail, raw } of records) {
    yield '';
    yield palette.cyan(safeText(source_key));
    const place =
      byte_offset === null ? 'the whole object' : `${counted(byte_length ?? 0, 'byte')} from ${count(byte_offset)}`;
    yield `  record ${count(source_ordinal)}, ${place}`;
    for (const line of wrapText(safeText(detail), width - 2)) yield `  ${line}`;
    if (raw !== null && raw !== '') yield palette.dim(`  ${cutText(safeText(raw), width - 2)}`);
  }
  if (records.length < reason.records) {
    yield '';
    yield palette.dim(`${count(records.length)} of ${count(reason.records)} records: see more with --limit`);
  }
}
