/** Makes a failing input smaller for as long as it fails in the same way. */

import { checkFiles } from './files.ts';
import type { FuzzInput } from './input.ts';
import { check, type Oracle, Violation } from './oracles.ts';
import { Reader } from './reading.ts';

/** What the input violates; null if nothing. */
export async function violationOf(input: FuzzInput, withFiles: boolean): Promise<Violation | null> {
  try {
    await check(input, new Reader());
    if (withFiles) await checkFiles(input);
    return null;
  } catch (error) {
    if (error instanceof Violation) return error;
    throw error;
  }
}

/**
 * Takes away ever smaller parts of the bytes (delta debugging, Zeller and Hildebrandt 2002). Inputs of the neighbour
 * oracle lose nothing of the sound lines.
 * @param tries readings at most
 */
export async function minimise(input: FuzzInput, oracle: Oracle, tries = 400): Promise<FuzzInput> {
  let now = input;
  let left = tries;
  for (let size = now.bytes.length >> 1; size >= 1 && left > 0; size >>= 1) {
    for (let at = 0; at < now.bytes.length && left > 0; ) {
      const bytes = Buffer.concat([now.bytes.subarray(0, at), now.bytes.subarray(at + size)]);
      const smaller = { ...now, bytes };
      left--;
      const isSound = now.neighbours.every((id) => bytes.includes(`"${id}"`));
      const same = isSound && (await violationOf(smaller, oracle === 'parquet'))?.oracle === oracle;
      if (same) now = smaller;
      else at += size;
    }
  }
  return now;
}
