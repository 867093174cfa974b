/** The keyed hash of addresses, out of a secret key. */
import { createHmac, randomBytes } from 'node:crypto';
import type { KeyedHash } from '#lake/ports.ts';
import { UsageError } from './failure.ts';

/** A key is known by its length only: a word that can be guessed would give all addresses away. */
const LEAST_CHARACTERS = 32;

/** 256 bits, as text. */
export const newKey = (): string => randomBytes(32).toString('base64url');

/** @throws UsageError for a key that is too short; its message does not hold the key */
export function keyedHash(key: string): KeyedHash {
  const text = key.trim();
  if (text.length < LEAST_CHARACTERS) {
    throw new UsageError(
      `the key of addresses is shorter than ${LEAST_CHARACTERS} characters`,
      'make one with: openssl rand -base64 32',
    );
  }
  const hmac = (of: string): string => createHmac('sha256', text).update(of).digest('hex');
  return {
    hex: (address) => hmac(address).slice(0, 32),
    // Addresses have no space at their beginning, so that this is the hash of none.
    fingerprint: hmac(' fingerprint').slice(0, 16),
  };
}
