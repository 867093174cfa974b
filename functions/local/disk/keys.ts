/** Turns keys of objects into paths of files, and back. */
import { Buffer } from 'node:buffer';
import { join } from 'node:path';

/** Where files are written before they are renamed: never listed, never inside a table. */
export const TEMPORARY = '.tmp';

/**
 * The path of a key below a root folder. Any character but NUL may be in a key (`= + space %` and all of Unicode); what
 * would leave the root or meet the temporary files may not.
 * @throws Error if the key can't be a file below the root
 */
export function pathOfKey(root: string, key: string): string {
  const fault = faultOfKey(key);
  if (fault) throw new Error(`not a key of a folder, ${fault}: ${JSON.stringify(key)}`);
  return join(root, key);
}

/** As {@link pathOfKey}, for the folder part of a prefix: `''`, or ending in `/`. */
export const pathOfFolder = (root: string, folder: string): string =>
  folder === '' ? root : pathOfKey(root, folder.slice(0, -1));

function faultOfKey(key: string): string | null {
  if (key === '') return 'it is empty';
  if (key.startsWith('/')) return 'it is absolute';
  if (key.includes('\0')) return 'it holds NUL';
  if (!key.isWellFormed()) return 'it holds half a surrogate pair';
  const segments = key.split('/');
  if (segments.includes('')) return 'a part of it is empty';
  if (segments.includes('..') || segments.includes('.')) return 'a part of it is . or ..';
  if (segments[0] === TEMPORARY) return `${TEMPORARY} is for temporary files`;
  return null;
}

/** The name of a directory entry. @throws Error if it isn't UTF-8, as every key is */
export function nameOfEntry(bytes: Uint8Array, folder: string): string {
  const name = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = name.toString('utf8');
  if (text.includes('\uFFFD') && !Buffer.from(text).equals(name)) {
    throw new Error(`file name is not UTF-8, rename it: ${JSON.stringify(`${folder}${text}`)}`);
  }
  return text;
}
