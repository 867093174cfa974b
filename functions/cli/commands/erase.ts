/** The command `erase`: persons are forgotten, known from then on by a keyed hash of their address alone. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { UsageError } from '#host/failure.ts';
import { byteCount, count, counted } from '#host/figures.ts';
import { safeText } from '#host/safe-text.ts';
import type { ErasedCounts } from '#lake/protocol/erasures.ts';
import type { RawProgress } from '#lake/steps/erase/raw.ts';
import type { ErasureProgress } from '#lake/steps/erase.ts';
import type { LocalLake } from '#local/lake.ts';
import { knownRaw } from '#local/raw/known-folder.ts';
import type { Console } from '../console.ts';
import {
  examples,
  existingLake,
  jsonOption,
  type LakeFolder,
  lakeCommand,
  lakeOption,
  rawFolder,
  withLake,
} from './options.ts';

interface EraseFlags extends LakeFolder {
  recipient?: string[];
  file?: string;
  dryRun?: boolean;
  listRaw?: boolean;
  raw?: boolean;
}

export const eraseCommand = (to: Console): Command =>
  new Command('erase')
    .description('forget persons: their rows go from every table, and what comes later of old mail is kept out')
    .option('--recipient <address>', 'a person; may be repeated', (one: string, before: string[] = []) => [
      ...before,
      one,
    ])
    .option('--file <list>', 'a file with an address in each line')
    .option('--dry-run', 'say what would go, and change nothing')
    .option('--list-raw', 'name every raw object that has records of them: reads all raw data')
    .option('--raw', 'write these raw objects once more without them: reads all raw data, and changes it for good')
    .addOption(lakeOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        ['erase --recipient ann@example.com --dry-run', 'how many rows there are of her, and in which raw objects'],
        ['erase --recipient ann@example.com'],
        ['erase --file list.txt --json'],
        ['erase --recipient ann@example.com --dry-run --list-raw', 'in which raw objects, by reading all of them'],
        ['erase --recipient ann@example.com --raw', 'from the raw data, too'],
        ['erase', 'go on with what is missing, and say how far it is'],
      ),
    )
    .action(async (flags: EraseFlags) => {
      existingLake(flags.lake);
      const addresses = addressesOf(flags);
      if (flags.dryRun && addresses.length === 0) {
        throw new UsageError('--dry-run: nobody is named', 'name persons by --recipient or --file');
      }
      if (flags.raw && flags.listRaw) throw new UsageError('--raw names what it writes: leave out --list-raw');
      const raw = flags.raw || flags.listRaw ? await rawOf(flags) : undefined;
      await withLake({ lake: flags.lake, ...(raw === undefined ? {} : { raw }) }, (lake) =>
        flags.dryRun ? preview(to, flags, lake, addresses) : forget(to, flags, lake, addresses),
      );
    });

/** Where the lake is filled from. @throws UsageError if it doesn't say so, or there is no such folder */
async function rawOf({ lake, raw }: EraseFlags): Promise<string> {
  if (knownRaw(lake) !== null) return rawFolder({ lake });
  const once = `have it read once: ${lakeCommand('run --raw DIR', { lake })}`;
  throw new UsageError(`${raw ? '--raw' : '--list-raw'}: the lake does not say where its raw data lies`, once);
}

/** @throws UsageError for what is no address; it names the place, not the text */
function addressesOf({ recipient = [], file }: EraseFlags): string[] {
  const named = recipient.map((text, i): [string, string] => [text, `--recipient ${i + 1}`]);
  const lines = file === undefined ? [] : readFileSync(file, 'utf8').split(/\r?\n/);
  const listed = lines.map((text, i): [string, string] => [text, `${file}, line ${i + 1}`]);
  const given = [...named, ...listed.filter(([text]) => text.trim() !== '')];
  for (const [text, place] of given) {
    if (/^[^\s@<>,;]+@[^\s@<>,;]+$/.test(text.trim())) continue;
    throw new UsageError(`${place}: this is not one address alone`, 'give it as ann@example.com, without a name');
  }
  return [...new Set(given.map(([text]) => text.trim().toLowerCase()))];
}

async function preview(to: Console, flags: EraseFlags, lake: LocalLake, addresses: readonly string[]): Promise<void> {
  const [
    { ErasedPersons },
    { previewErasure },
    { keyedHash, newKey },
    { findKeyOf },
    { withProgress },
    { listAllRaw },
    { rawToSearch },
  ] = await Promise.all([
    import('#lake/decode/erased-persons.ts'),
    import('#lake/steps/erase.ts'),
    import('#host/keyed-hash.ts'),
    import('#local/address-key.ts'),
    import('#local/run/with-progress.ts'),
    import('#local/run/erase.ts'),
    import('#lake/steps/erase/raw.ts'),
  ]);
  // Where addresses are plain any key will do: nothing is kept.
  const key = (await findKeyOf(lake.ports.lake, lake.settings)) ?? newKey();
  const hash = keyedHash(key);
  const now = lake.ports.clock.now();
  const persons = new ErasedPersons(
    hash,
    Object.fromEntries(addresses.map((address) => [hash.hex(address), now])),
    now,
  );
  const counts = await withProgress('look', 'partitions', to.progress, (onDay) =>
    previewErasure(lake.ports, { settings: lake.settings, onDay }, persons),
  );
  const isRead = flags.listRaw || flags.raw;
  if (isRead) await tellCost(to, lake);
  const raw = isRead ? await listAllRaw(lake, persons, to.progress) : null;
  if (flags.json) return to.json({ persons: addresses.length, ...counts, raw });
  await to.print([
    `Of ${counted(addresses.length, 'person')} there would go:`,
    ...countLines(counts),
    ...(raw ? listedLines(raw) : sourceLines(counts, await rawToSearch(lake.ports.lake), flags)),
    ...(flags.raw
      ? ['', 'With --raw, and without --dry-run, these objects would be written once more without them.']
      : []),
  ]);
}

async function forget(to: Console, flags: EraseFlags, lake: LocalLake, addresses: readonly string[]): Promise<void> {
  const [{ ask }, { eraseAll, eraseAllRaw, listAllRaw }, { rollupAll }, { keyedHash }, { keyToErase, findKeyOf }] =
    await Promise.all([
      import('#lake/steps/erase.ts'),
      import('#local/run/erase.ts'),
      import('#local/run/run.ts'),
      import('#host/keyed-hash.ts'),
      import('#local/address-key.ts'),
    ]);
  const { lake: store } = lake.ports;
  const addressKey =
    addresses.length > 0 ? await keyToErase(store, lake.settings) : await findKeyOf(store, lake.settings);
  if (addresses.length > 0 && addressKey !== null) await ask(lake.ports, keyedHash(addressKey), addresses);
  const progress = await eraseAll({ ...lake, addressKey }, to.progress);
  if (progress.n < 0) throw new UsageError('nobody was ever to be forgotten', 'name persons by --recipient or --file');
  await rollupAll(lake, to.progress);
  const [{ ErasureState, erasedPersons }, { rawToSearch }] = await Promise.all([
    import('#lake/protocol/erasures.ts'),
    import('#lake/steps/erase/raw.ts'),
  ]);
  const isRead = flags.listRaw || flags.raw;
  if (isRead) await tellCost(to, lake);
  const written = flags.raw ? await eraseAllRaw({ ...lake, addressKey }, to.progress) : null;
  const known = flags.listRaw && addressKey !== null ? await erasedPersons(store, keyedHash(addressKey)) : null;
  const listed = known && (await listAllRaw(lake, known.persons, to.progress));
  const state = await ErasureState.of(store);
  const { counts } = state;
  if (flags.json)
    return to.json({
      persons: addresses.length,
      ...progress,
      ...counts,
      end: undefined,
      ended_at: progress.end?.ended_at ?? null,
      raw: written ?? listed,
    });
  await to.print([
    ...(addresses.length > 0 ? [`${counted(addresses.length, 'person')} forgotten. There went:`] : ['There went:']),
    ...countLines(counts),
    ...(written
      ? writtenLines(written, flags)
      : listed
        ? listedLines(listed)
        : sourceLines(counts, await rawToSearch(store), flags)),
    '',
    ...stateLines(progress, flags),
  ]);
}

/** Said before it is read. */
async function tellCost(to: Console, lake: LocalLake): Promise<void> {
  const { rawToSearch } = await import('#lake/steps/erase/raw.ts');
  const { objects, bytes } = await rawToSearch(lake.ports.lake);
  to.warn(`reading all raw data: ${counted(objects, 'object')}, ${byteCount(bytes)} as stored`);
}

function* countLines({ rows, masked }: ErasedCounts): Generator<string> {
  const tables = [...new Set([...Object.keys(rows), ...Object.keys(masked)])];
  if (tables.length === 0) yield '  nothing: no row names them';
  for (const table of tables) {
    const [gone = 0, kept = 0] = [rows[table], masked[table]];
    const others = kept === 0 ? '' : `${gone === 0 ? '' : '; '}${counted(kept, 'row')} of others, of what names them`;
    yield `  ${table.padEnd(18)} ${gone === 0 ? '' : counted(gone, 'row')}${others}`;
  }
}

const MOST_SHOWN = 20;

/** By rows: what a copy that lost holds, or a record without rows, is in none. */
function* sourceLines(
  { sources }: ErasedCounts,
  { objects, bytes }: { objects: number; bytes: number },
  flags: EraseFlags,
): Generator<string> {
  yield '';
  if (sources.length === 0) yield 'No row of theirs names a raw object.';
  else {
    yield `${counted(sources.length, 'raw object')}, from which these rows came, ${sources.length === 1 ? 'has' : 'have'} records of them, and stay as they are:`;
    yield* keyLines(sources);
    if (sources.length > MOST_SHOWN) yield `  all of them: ${lakeCommand('erase --json', { lake: flags.lake })}`;
  }
  yield `Others may have copies, or records without rows: --list-raw reads all ${counted(objects, 'object')} (${byteCount(bytes)}) to name each.`;
}

function* keyLines(keys: readonly string[]): Generator<string> {
  for (const key of keys.slice(0, MOST_SHOWN)) yield `  ${safeText(key)}`;
  if (keys.length > MOST_SHOWN) yield `  and ${count(keys.length - MOST_SHOWN)} more`;
}

function* listedLines({ named, objects, left, waiting_units: waiting }: RawProgress): Generator<string> {
  yield '';
  yield `Of ${counted(objects, 'raw object')} that were read, ${count(named.length)} ${named.length === 1 ? 'names' : 'name'} them:`;
  yield* keyLines(named);
  yield* leftLines(left, waiting);
}

function* writtenLines(
  { objects, rewritten, left, waiting_units: waiting }: RawProgress,
  { lake }: EraseFlags,
): Generator<string> {
  yield '';
  yield `Of ${counted(objects, 'raw object')} that were read, ${count(rewritten.length)} ${rewritten.length === 1 ? 'was' : 'were'} written once more without them:`;
  yield* keyLines(rewritten.map(({ key }) => key));
  yield* leftLines(left, waiting);
  if (waiting > 0) yield `  run, and then: ${lakeCommand('erase --raw', { lake })}`;
}

function* leftLines(left: RawProgress['left'], waiting: number): Generator<string> {
  if (left.length > 0) {
    yield `${counted(left.length, 'raw object')} ${left.length === 1 ? 'stays' : 'stay'} as ${left.length === 1 ? 'it is' : 'they are'}; see to ${left.length === 1 ? 'it' : 'them'} yourself:`;
    for (const { key, why } of left.slice(0, MOST_SHOWN)) yield `  ${safeText(key)}: ${why}`;
    if (left.length > MOST_SHOWN) yield `  and ${count(left.length - MOST_SHOWN)} more`;
  }
  if (waiting > 0)
    yield `${counted(waiting, 'unit')} of raw objects ${waiting === 1 ? 'is' : 'are'} not read yet, and ${waiting === 1 ? 'was' : 'were'} not looked through.`;
}

function* stateLines({ left, waiting, end }: ErasureProgress, { lake }: EraseFlags): Generator<string> {
  if (end) {
    yield 'No row that readers see names them. What was before goes a day later, with the next run.';
    return;
  }
  const days = new Set([...left, ...waiting].map(({ dt }) => dt));
  yield `${counted(days.size, 'day')} with rows of theirs ${days.size === 1 ? 'is' : 'are'} not settled yet; run goes on with it: ${lakeCommand('run', { lake })}`;
}
