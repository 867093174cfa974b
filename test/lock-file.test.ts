import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

interface Entry {
  version?: string;
  resolved?: string;
  integrity?: string;
}

const lock: { packages: Record<string, Entry> } = JSON.parse(
  readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'),
);
const entries = Object.entries(lock.packages).filter(([place]) => place !== '');

test('every package of the lock file has a version and an integrity, those for other platforms too', () => {
  expect(entries.length).toBeGreaterThan(200);
  const bare = entries.filter(([, { version, integrity }]) => !version || !/^sha512-.{86}==$/.test(integrity ?? ''));
  expect(bare.map(([place]) => place)).toEqual([]);
});

test('the lock file names no host to fetch a package from: that is for each machine to say (.npmrc)', () => {
  expect(entries.filter(([, { resolved }]) => resolved !== undefined).map(([place]) => place)).toEqual([]);
});
