import { hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Settings } from '#lake/settings.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));

/**
 * What code an attempt runs: a hash of the core's sources, the lock file and the effective settings, so that two
 * attempts with one name always write the same bytes. `root`: the repository, for code that has been moved into a bundle.
 */
export function codeVersion(settings: Settings, root = project): string {
  const core = join(root, 'functions/lake');
  const files = readdirSync(core, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => [name, readFileSync(join(core, name), 'utf8')]);
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
  return hash('sha256', JSON.stringify([files, lock, settings]), 'hex').slice(0, 12);
}

/** The release that a person has, as package.json says it. */
export function releaseVersion(): string {
  const { version }: { version: string } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
  return version;
}
