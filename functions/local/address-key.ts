/** The key of addresses on this machine: a variable, or a file of the user's own, outside of the lake. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '#host/failure.ts';
import { keyedHash, newKey } from '#host/keyed-hash.ts';
import type { Store } from '#lake/ports.ts';
import { bindAddresses, fingerprintOf, OtherAddresses } from '#lake/protocol/address-key.ts';
import { newestErasure } from '#lake/protocol/erasures.ts';
import type { Settings } from '#lake/settings.ts';

export const KEY_VARIABLE = 'MAILLAKE_ADDRESS_KEY';

type Variables = Readonly<Record<string, string | undefined>>;

/** Named by the key's fingerprint, which the lake has: a folder of keys serves many lakes. */
const keyFile = (fingerprint: string, env: Variables): string =>
  join(env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'maillake', `${fingerprint}.key`);

/** The key of that fingerprint, or any that the variable holds; null if there is none. */
export function findKey(fingerprint: string | null, env: Variables = process.env): string | null {
  const given = env[KEY_VARIABLE];
  if (given) return given;
  if (fingerprint === null) return null;
  const path = keyFile(fingerprint, env);
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : null;
}

/**
 * The key that rows of this lake are written with, made at first use; null where addresses stay as they are.
 * @throws UsageError if the lake was made with another one, or this machine lacks it
 */
export async function keyOfLake(
  lake: Pick<Store, 'get' | 'list' | 'create'>,
  settings: Pick<Settings, 'addresses'>,
  env: Variables = process.env,
): Promise<string | null> {
  const known = await fingerprintOf(lake);
  if (settings.addresses === 'plain') {
    await bind(null);
    return keyOfErased(lake, env);
  }
  const found = findKey(known, env);
  if (found === null && known !== null) throw missingKey("this lake's addresses", known, env);
  const key = found ?? newKey();
  const { fingerprint } = keyedHash(key);
  // The key is kept before the lake names it: a lake whose key was lost could never be added to.
  if (found === null) keepKey(key, fingerprint, env);
  await bind(fingerprint);
  return key;

  async function bind(to: string | null): Promise<void> {
    try {
      await bindAddresses(lake, settings, to);
    } catch (error) {
      throw error instanceof OtherAddresses ? new UsageError(error.message) : error;
    }
  }
}

const missingKey = (of: string, fingerprint: string, env: Variables): UsageError =>
  new UsageError(
    `the key of ${of} is not on this machine: its fingerprint is ${fingerprint}`,
    `put it into ${keyFile(fingerprint, env)} or into the variable ${KEY_VARIABLE}`,
  );

/** What forgotten persons are known by; null if nobody was ever to be forgotten. @throws UsageError if this machine lacks it */
async function keyOfErased(lake: Pick<Store, 'get' | 'list'>, env: Variables): Promise<string | null> {
  const erasure = await newestErasure(lake);
  if (erasure === null) return null;
  const key = findKey(erasure.fingerprint, env);
  if (key === null) throw missingKey('persons who were forgotten', erasure.fingerprint, env);
  return key;
}

/** The key that a lake's persons are known by, as far as there is one. @throws UsageError as keyOfLake */
export async function findKeyOf(
  lake: Pick<Store, 'get' | 'list'>,
  { addresses }: Pick<Settings, 'addresses'>,
  env: Variables = process.env,
): Promise<string | null> {
  if (addresses === 'plain') return keyOfErased(lake, env);
  const known = await fingerprintOf(lake);
  const key = findKey(known, env);
  if (key === null && known !== null) throw missingKey("this lake's addresses", known, env);
  return key;
}

/** The same to forget persons with: where addresses are plain it is made at first use. @throws UsageError as keyOfLake */
export async function keyToErase(
  lake: Pick<Store, 'get' | 'list' | 'create'>,
  settings: Pick<Settings, 'addresses'>,
  env: Variables = process.env,
): Promise<string> {
  const known = (await keyOfLake(lake, settings, env)) ?? findKey(null, env);
  if (known !== null) return known;
  const key = newKey();
  keepKey(key, keyedHash(key).fingerprint, env);
  return key;
}

function keepKey(key: string, fingerprint: string, env: Variables): void {
  const path = keyFile(fingerprint, env);
  mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 });
  writeFileSync(path, `${key}\n`, { mode: 0o600, flag: 'wx' });
}
