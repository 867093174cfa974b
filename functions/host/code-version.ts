/** Computes the version of the code that an attempt runs. */
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Settings } from '#lake/settings.ts';
import { closureOf } from './import-graph.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));

/** The file from which all code that transform runs is imported, directly or not. */
export const TRANSFORM = 'functions/lake/steps/transform.ts';

/**
 * What code an attempt runs: a hash of the sources that transform can reach, of the packages that these use as the lock
 * file pins them, and of the effective settings. Two attempts with one name write the same bytes; a change of a view, of
 * the report or of a test leaves the version as it is. `root`: the repository, for code that runs out of a bundle.
 */
export function codeVersion(settings: Settings, root = project): string {
  const { files, packages } = closureOf(TRANSFORM, root);
  const sources = files.map((file) => [file, readFileSync(join(root, file), 'utf8')]);
  return hash('sha256', JSON.stringify([sources, lockedPackages(packages, root), settings]), 'hex').slice(0, 12);
}

/** The release, from package.json. */
export function releaseVersion(): string {
  const { version }: { version: string } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
  return version;
}

interface LockEntry {
  version: string;
  integrity?: string;
  dependencies?: Readonly<Record<string, string>>;
}

/** Version and integrity of packages and of what they need, by their place in node_modules. */
function lockedPackages(names: readonly string[], root: string): [place: string, version: string, integrity: string][] {
  const lock: { packages: Readonly<Record<string, LockEntry>> } = JSON.parse(
    readFileSync(join(root, 'package-lock.json'), 'utf8'),
  );
  const places = new Set<string>();
  const add = (name: string, from: string): void => {
    const place = nearest(name, from);
    if (place !== undefined) places.add(place);
  };
  for (const name of names) add(name, '');
  for (const place of places) {
    for (const name of Object.keys(lock.packages[place]?.dependencies ?? {})) add(name, `${place}/`);
  }
  return [...places].sort().map((place) => {
    const { version = '', integrity = '' } = lock.packages[place] ?? {};
    return [place, version, integrity];
  });

  /** As Node looks for it: in the node_modules of the package that asks, else in those of the folders above. */
  function nearest(name: string, from: string): string | undefined {
    for (let folder = from; ; folder = folder.slice(0, folder.lastIndexOf('node_modules/', folder.length - 2))) {
      const place = `${folder}node_modules/${name}`;
      if (lock.packages[place] || folder === '') return lock.packages[place] && place;
    }
  }
}
