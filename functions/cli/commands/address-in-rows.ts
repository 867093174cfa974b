/** An address that a command was given, as rows have it. */
import { UsageError } from '#host/failure.ts';
import { keyedHash } from '#host/keyed-hash.ts';
import { Pseudonyms } from '#lake/decode/pseudonyms.ts';
import { fingerprintOf } from '#lake/protocol/address-key.ts';
import { findKey, KEY_VARIABLE } from '#local/address-key.ts';
import type { ReadLake } from './lake-place.ts';

const IS_HASH = /^[0-9a-f]{32}(?:_@|$)/;

/** In lower case; hashed where the lake's addresses are. @throws UsageError where the key for that is not at hand */
export async function addressInRows(
  address: string,
  { settings, ports, spent }: Pick<ReadLake, 'settings' | 'ports' | 'spent'>,
): Promise<string> {
  const key = address.trim().toLowerCase();
  if (settings.addresses === 'plain' || IS_HASH.test(key)) return key;
  // Of a stage the record is for its functions alone.
  const fingerprint = spent ? null : await fingerprintOf(ports.lake);
  const secret = findKey(fingerprint);
  if (secret === null) {
    throw new UsageError(
      'addresses in this lake are hashed, and the key is not on this machine',
      `give the hash in place of the address, or the key in the variable ${KEY_VARIABLE}`,
    );
  }
  const keyed = keyedHash(secret);
  if (fingerprint !== null && keyed.fingerprint !== fingerprint) {
    throw new UsageError(`${KEY_VARIABLE} is not the key of this lake: that has the fingerprint ${fingerprint}`);
  }
  return new Pseudonyms(keyed).address(key);
}
