/** Which folders were listed in an account on moto, by Trino or by us. */
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Account } from './account.ts';

/** Folders below a prefix of the lake that moto was asked for while something went on, without the prefix; in order. */
export async function foldersListed(
  { bucket }: Pick<Account, 'bucket'>,
  prefix: string,
  during: () => Promise<unknown>,
): Promise<string[]> {
  const lines = (): string[] =>
    readFileSync(join(tmpdir(), 'maillake-engines-logs', 'moto.log'), 'utf8')
      .split('\n')
      .filter((line) => line.includes(`/${bucket}?`) && line.includes('list-type=2'));
  const before = lines().length;
  await during();
  const asked = lines()
    .slice(before)
    .map((line) => decodeURIComponent(/[?&]prefix=([^& "]*)/.exec(line)?.[1] ?? ''));
  return [...new Set(asked.filter((one) => one.startsWith(prefix)).map((one) => one.slice(prefix.length)))].sort();
}
