/** Reads an object twice, with known shapes and without, and reports any difference: there must be none. */
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { keyedHash } from '#host/keyed-hash.ts';
import { DEFAULT_SETTINGS, type Settings } from '#lake/settings.ts';
import { readUnit } from '#lake/steps/transform/read-unit.ts';
import { MemoryStore } from '#test/ports/memory-store.ts';

/** Where addresses are hashed; used else by nobody. */
export const KEYED_HASH = keyedHash('a key that is only for tests, and known to all');

const MODIFIED = Date.UTC(2026, 2, 3);

interface Outcome {
  counts: object;
  files: Map<string, Uint8Array>;
}

/** @returns null if the counts and every file are the same, byte for byte; else what is another one */
export async function differenceOf(objects: readonly Buffer[], settings = DEFAULT_SETTINGS): Promise<string | null> {
  const [exact, known] = [await readFiles(objects, settings, true), await readFiles(objects, settings, false)];
  const counts = [JSON.stringify(exact.counts), JSON.stringify(known.counts)];
  if (counts[0] !== counts[1]) return `counts: ${counts[0]} became ${counts[1]}`;
  for (const name of new Set([...exact.files.keys(), ...known.files.keys()])) {
    const [one, other] = [exact.files.get(name), known.files.get(name)];
    if (!one || !other) return `${name} is ${one ? 'gone' : 'new'}`;
    if (Buffer.compare(one, other) !== 0) return `${name}: ${await firstDifference(one, other)}`;
  }
  return null;
}

/** The files of one unit, by table, day and part. */
export async function readFiles(objects: readonly Buffer[], settings: Settings, isExact = false): Promise<Outcome> {
  const raw = new MemoryStore(() => MODIFIED);
  for (const [i, bytes] of objects.entries()) raw.put(`raw/${i}`, bytes);
  const planned = [];
  for await (const { key, etag, size, modified } of raw.list('raw/')) planned.push({ key, etag, size, modified });
  const unit = { id: 'unit', objects: planned };
  const content = await readUnit(raw, unit, 'attempt', { settings, isExact, keyedHash: KEYED_HASH });
  const files = new Map<string, Uint8Array>();
  for await (const { table, dt, part, bytes } of content.files()) files.set(`${table} ${dt} ${part}`, bytes);
  return { counts: content.counts, files };
}

async function firstDifference(one: Uint8Array, other: Uint8Array): Promise<string> {
  const [was, is] = await Promise.all([rowsOf(one), rowsOf(other)]);
  for (const [i, row] of was.entries()) {
    for (const [name, value] of Object.entries(row)) {
      if (is[i]?.[name] !== value) return `row ${i}, ${name}: ${value} became ${is[i]?.[name]}`;
    }
  }
  return 'the rows are the same, but not the bytes';
}

export async function rowsOf(bytes: Uint8Array): Promise<Record<string, string>[]> {
  const rows = await parquetReadObjects({ file: new Uint8Array(bytes).buffer, compressors });
  return rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, String(value)])));
}
