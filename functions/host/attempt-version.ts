/** The version in the name of each attempt and its files: it changes when the same input could give other bytes. */
import { hash } from 'node:crypto';

/**
 * The version of attempts that this process makes: what code runs, and by which zstd its files are compressed. The bytes
 * that zstd makes change with its release, which changes with Node's; a function's Node is not the one that deployed it.
 */
export const attemptVersion = (codeVersion: string, zstd: string = process.versions.zstd ?? ''): string =>
  hash('sha256', JSON.stringify([codeVersion, zstd]), 'hex').slice(0, 12);
