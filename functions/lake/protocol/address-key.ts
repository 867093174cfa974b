/** Which key a lake's addresses are hashed under: a record that names it by its fingerprint, so that no two keys are mixed. */
import type { Store } from '../ports.ts';
import type { Settings } from '../settings.ts';
import { addressKey, outcomesRoot } from './keys.ts';
import { createState, readState } from './records.ts';

interface AddressKey {
  fingerprint: string;
}

/** The fingerprint of the lake's key; null if it holds addresses as they are, or nothing yet. */
export const fingerprintOf = async (lake: Pick<Store, 'get'>): Promise<string | null> =>
  (await readState<AddressKey>(lake, addressKey))?.fingerprint ?? null;

/** The lake was made with another key, or with none. The environment's fault, not that of any unit. */
export class OtherAddresses extends Error {
  override name = 'OtherAddresses';
}

/**
 * Has the lake keep to one way of writing addresses, for ever: whoever is first says which.
 * @param fingerprint of the key at hand; null where there is none
 * @throws OtherAddresses
 */
export async function bindAddresses(
  lake: Pick<Store, 'get' | 'list' | 'create'>,
  { addresses }: Pick<Settings, 'addresses'>,
  fingerprint: string | null,
): Promise<void> {
  const known = await fingerprintOf(lake);
  if (addresses === 'plain') {
    if (known !== null) throw new OtherAddresses(`this lake holds hashed addresses: set addresses to 'hashed'`);
    return;
  }
  if (fingerprint === null) throw new OtherAddresses('addresses are to be hashed, and there is no key');
  if (known === null && (await holdsRows(lake))) {
    throw new OtherAddresses('this lake holds plain addresses: fill a new one to have them hashed');
  }
  if (known === null && (await createState(lake, addressKey, { fingerprint } satisfies AddressKey))) return;
  const theirs = known ?? (await fingerprintOf(lake));
  if (theirs !== fingerprint) {
    throw new OtherAddresses(
      `this lake's addresses were hashed with another key: it has the fingerprint ${theirs}, this one ${fingerprint}`,
    );
  }
}

async function holdsRows(lake: Pick<Store, 'list'>): Promise<boolean> {
  for await (const _ of lake.list(outcomesRoot)) return true;
  return false;
}
