import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { generate } from '#generate/index.ts';
import { newKey } from '#host/keyed-hash.ts';
import { TABLES } from '#lake/tables/index.ts';
import type { Table } from '#lake/tables/table.ts';
import { LOCAL_SETTINGS, type LocalLake, openLake } from '#local/lake.ts';
import { runAll } from '#local/run/run.ts';
import { SETTINGS_FILE } from '#local/settings-file.ts';
import { addressesIn, addressFinder, unhashedIn } from '#test/addresses-in.ts';
import { folder } from '#test/cli/lake.ts';
import { rowsOf } from '#test/fuzz/both-ways.ts';

const KEY = newKey();
const quiet = { start() {}, advance() {}, done() {} };
const home = mkdtempSync(join(tmpdir(), 'hashed-lake-'));
const raw = join(home, 'raw');
let lakes: Record<'plain' | 'hashed', LocalLake>;

beforeAll(async () => {
  vi.stubEnv('MAILLAKE_ADDRESS_KEY', KEY);
  await generate({ out: raw, messages: 40, days: 3, seed: 5, dirty: true, dates: 2 });
  const made = async (addresses: 'plain' | 'hashed'): Promise<LocalLake> => {
    const lake = await openLake({
      raw,
      lake: join(home, addresses),
      settings: { ...LOCAL_SETTINGS, addresses },
      durable: false,
    });
    await runAll(lake, { progress: quiet, includeUnfinished: true, limits: { workers: 1 } });
    return lake;
  };
  lakes = { plain: await made('plain'), hashed: await made('hashed') };
});
afterAll(async () => {
  vi.unstubAllEnvs();
  for (const lake of Object.values(lakes)) await lake.close();
  rmSync(home, { recursive: true, force: true });
});

/** What every file below a folder holds, in text: of Parquet all cells. */
async function* texts(path: string): AsyncGenerator<{ place: string; text: string }> {
  for (const name of readdirSync(path, { recursive: true, encoding: 'utf8' })) {
    const file = join(path, name);
    if (!statSync(file).isFile()) continue;
    yield { place: name, text: name };
    const bytes = readFileSync(file);
    if (!name.endsWith('.parquet')) yield { place: name, text: bytes.toString() };
    else for (const row of await rowsOf(bytes)) yield* Object.values(row).map((text) => ({ place: name, text }));
  }
}

async function distinctTexts(path: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const { place, text } of texts(path)) found.set(text, place.replace(/dt=.*/, ''));
  return found;
}

test('no byte of the lake holds an address, in any form', async () => {
  const addresses = new Set([...(await distinctTexts(lakes.plain.lakeRoot)).keys()].flatMap(addressesIn));
  expect(addresses.size).toBeGreaterThan(50);
  const find = addressFinder(new Set([...addresses].map((address) => address.toLowerCase())));
  const found = [...(await distinctTexts(lakes.hashed.lakeRoot))].flatMap(([text, place]) =>
    [...find(text).map(({ form }) => form), ...unhashedIn(text)].map((form) => `${place}: ${form}`),
  );
  expect([...new Set(found)]).toEqual([]);
});

test('person finds an address with the key, or its hash without; and says what is missing', async () => {
  writeFileSync(join(lakes.hashed.lakeRoot, SETTINGS_FILE), JSON.stringify({ addresses: 'hashed' }));
  const [row] = (await lakes.plain.engine.query('select recipient_key from recipient_engagement limit 1')).rows;
  const [address, lake] = [String(row?.[0]).toUpperCase(), lakes.hashed.lakeRoot];
  const here = folder({ MAILLAKE_ADDRESS_KEY: KEY });
  const keyless = folder({ MAILLAKE_ADDRESS_KEY: '', XDG_CONFIG_HOME: here.path });
  const found = await here.lake('person', address, '--lake', lake, '--json');
  expect(found.code, found.stderr).toBe(0);
  const { mails } = JSON.parse(found.stdout);
  const [{ recipient }] = mails;
  expect(JSON.parse((await keyless.lake('person', recipient, '--lake', lake, '--json')).stdout).mails).toEqual(mails);
  const missing = await keyless.lake('person', address, '--lake', lake);
  expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('the key is not on this machine')]);
  await Promise.all([here.remove(), keyless.remove()]);
});

/** Columns that hold a person's address, or what rests on it; and when a row was made. */
const DIFFERENT = new Set(
  Object.values(TABLES).flatMap(({ columns }: Table) =>
    Object.entries(columns).flatMap(([name, { person, lineage }]) =>
      lineage || person === 'address' || person === 'text' || person === 'mail' ? [name] : [],
    ),
  ),
);
for (const name of ['message_id', 'subject', 'utm_campaign']) DIFFERENT.delete(name);

/** What servers say names addresses, too. */
const withoutLocals = (text: string): string => text.replace(/[^\s<>()":;,=]*@/g, '@');

test('every view has the same numbers as with plain addresses', async () => {
  // When steps ran is no other with hashed addresses.
  const names = lakes.plain.views.map(({ name }) => name).filter((name) => name !== 'data_freshness');
  expect(names.length).toBeGreaterThan(30);
  for (const name of names) {
    const [plain, hashed] = await Promise.all(
      [lakes.plain, lakes.hashed].map(async ({ engine }) => {
        const { columns, rows } = await engine.query(`select * from ${name}`);
        const kept = columns.flatMap((column, i) => (DIFFERENT.has(column.name) ? [] : [i]));
        return rows.map((row) => withoutLocals(kept.map((i) => `${columns[i]?.name}=${row[i]}`).join(' '))).sort();
      }),
    );
    expect(hashed, name).toEqual(plain);
  }
});
