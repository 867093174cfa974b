import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { keyedHash, newKey } from '#host/keyed-hash.ts';
import { bindAddresses, fingerprintOf } from '#lake/protocol/address-key.ts';
import { addressKey, outcomeKey } from '#lake/protocol/keys.ts';
import { createState, readBytes } from '#lake/protocol/records.ts';
import { keyOfLake } from '#local/address-key.ts';
import { MemoryStore } from '#test/ports/memory-store.ts';

const home = mkdtempSync(join(tmpdir(), 'maillake-keys-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const env = { XDG_CONFIG_HOME: home };
const HASHED = { addresses: 'hashed' } as const;
const PLAIN = { addresses: 'plain' } as const;
const lakeOf = (): MemoryStore => new MemoryStore(() => 0);

test('a key is made at first use, for the user alone, and found again by the fingerprint that the lake holds', async () => {
  const lake = lakeOf();
  const key = await keyOfLake(lake, HASHED, env);
  const fingerprint = await fingerprintOf(lake);
  const path = join(home, 'maillake', `${fingerprint}.key`);
  expect(readFileSync(path, 'utf8').trim()).toBe(key);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(keyedHash(key ?? '').fingerprint).toBe(fingerprint);
  expect(await keyOfLake(lake, HASHED, env)).toBe(key);
  expect(readdirSync(join(home, 'maillake'))).toHaveLength(1);
  // Of the key the lake has the fingerprint, and nothing else.
  const text = new TextDecoder().decode(await readBytes(lake, addressKey));
  expect(JSON.parse(text)).toEqual({ fingerprint });
  // A folder of keys serves many lakes.
  expect(await keyOfLake(lakeOf(), HASHED, env)).not.toBe(key);
});

test('without the key nothing is added to the lake, nor with another one', async () => {
  const lake = lakeOf();
  const key = newKey();
  expect(await keyOfLake(lake, HASHED, { ...env, MAILLAKE_ADDRESS_KEY: key })).toBe(key);
  const fingerprint = await fingerprintOf(lake);
  await expect(keyOfLake(lake, HASHED, env)).rejects.toThrow(`not on this machine: its fingerprint is ${fingerprint}`);
  const other = keyOfLake(lake, HASHED, { ...env, MAILLAKE_ADDRESS_KEY: newKey() });
  await expect(other).rejects.toThrow(`hashed with another key: it has the fingerprint ${fingerprint}`);
  await expect(keyOfLake(lake, HASHED, { MAILLAKE_ADDRESS_KEY: 'guessable' })).rejects.toThrow('shorter than 32');
  // The key in a file does as well.
  writeFileSync(join(home, 'maillake', `${fingerprint}.key`), `${key}\n`);
  expect(await keyOfLake(lake, HASHED, env)).toBe(key);
});

test('a lake keeps to one way of writing addresses', async () => {
  const [plain, hashed] = [lakeOf(), lakeOf()];
  await createState(plain, outcomeKey('2026-01-01-0123456789ab-0-0'), {});
  await expect(keyOfLake(plain, HASHED, env)).rejects.toThrow('this lake holds plain addresses');
  await bindAddresses(hashed, HASHED, 'f'.repeat(16));
  await expect(keyOfLake(hashed, PLAIN, env)).rejects.toThrow("holds hashed addresses: set addresses to 'hashed'");
  await expect(bindAddresses(hashed, HASHED, null)).rejects.toThrow('there is no key');
  expect(await keyOfLake(plain, PLAIN, env)).toBeNull();
  expect(await fingerprintOf(plain)).toBeNull();
});

test('of two that begin at once with other keys, one is told so', async () => {
  const lake = lakeOf();
  const ends = await Promise.allSettled(['a', 'b'].map((letter) => bindAddresses(lake, HASHED, letter.repeat(16))));
  expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
});
