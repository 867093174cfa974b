/** The version in the name of each attempt and its files: it changes when the same input could give other bytes. */
import { hash } from 'node:crypto';

/**
 * The version of attempts that this process makes: a hash of the code's version and of the release of zstd that compresses
 * the files. Another release of zstd makes other bytes, and it changes with Node; a function's Node is not the deployer's.
 */
export const attemptVersion = (codeVersion: string, zstd: string = process.versions.zstd ?? ''): string =>
  hash('sha256', JSON.stringify([codeVersion, zstd]), 'hex').slice(0, 12);

/** The version of code that hashes addresses: under another key the same input gives other rows. */
export const keyedVersion = (codeVersion: string, fingerprint: string | null): string =>
  fingerprint === null ? codeVersion : hash('sha256', JSON.stringify([codeVersion, fingerprint]), 'hex').slice(0, 12);
