/** Which file imports which, read from the sources: for the version of an attempt, and for the test of the layers. */
import { readFileSync } from 'node:fs';
import { posix } from 'node:path';

export interface Import {
  /** as written: `./keys.ts`, `#lake/ports.ts`, `zod`, `node:fs` */
  specifier: string;
  /** `import type`, which leaves nothing in the running code */
  isType: boolean;
}

/** Import and export clauses hold names only, so that no text of the code behind them is taken for one. */
const STATIC = /^(?:import|export)\s+(type\s+)?[\w$\s{},*]*?\s*from\s*'([^']+)'|^import\s*'([^']+)'/gm;
/** `import()`, and files of a worker or of WebAssembly, which are named by their place. */
const DYNAMIC = /\bimport\(\s*'([^']+)'\s*\)|\bnew URL\(\s*'(\.[^']+\.\w+)',\s*import\.meta\.url\)/g;

/** The imports of a source, with those of types only and those made while it runs. */
export const importsOf = (source: string): Import[] => [
  ...Array.from(source.matchAll(STATIC), ([, type, from, bare]) => ({
    specifier: from ?? bare ?? '',
    isType: type !== undefined,
  })),
  ...Array.from(source.matchAll(DYNAMIC), ([, code, file]) => ({ specifier: code ?? file ?? '', isType: false })),
];

/** The file of the repository that a specifier names, as a path from its root; undefined for a package. */
export function importedFile(from: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(from), specifier);
  const [folder = ''] = specifier.split('/');
  if (folder === '#test') return specifier.slice(1);
  return specifier.startsWith('#') ? `functions/${specifier.slice(1)}` : undefined;
}

export interface Closure {
  /** paths from the repository's root, in order */
  files: string[];
  /** names of packages, in order; what Node itself brings is left out */
  packages: string[];
}

/** All that a file can reach when it runs. `root`: folder of the repository. */
export function closureOf(entry: string, root: string): Closure {
  const files = new Set<string>([entry]);
  const packages = new Set<string>();
  for (const file of files) {
    if (!file.endsWith('.ts')) continue;
    for (const { specifier, isType } of importsOf(readFileSync(posix.join(root, file), 'utf8'))) {
      if (isType || specifier.startsWith('node:')) continue;
      const target = importedFile(file, specifier);
      if (target === undefined) packages.add(packageOf(specifier));
      else files.add(target);
    }
  }
  return { files: [...files].sort(), packages: [...packages].sort() };
}

/** `@aws-sdk/client-s3` of `@aws-sdk/client-s3/commands`, `zod` of `zod/v4` */
const packageOf = (specifier: string): string => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
