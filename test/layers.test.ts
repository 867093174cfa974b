/** Imports run one way: command line, handlers → adapters → core; and never in a circle, types included. */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { importedFile, importsOf } from '#host/import-graph.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const SOURCES = ['functions/**/*.ts', 'stacks/**/*.ts', '*.config.ts'];

/** From each source to the sources that it imports. */
const graph = new Map(
  globSync(SOURCES, { cwd: root })
    .sort()
    .map((file): [string, string[]] => {
      const imports = importsOf(readFileSync(`${root}${file}`, 'utf8'));
      const files = imports.flatMap(({ specifier }) => importedFile(file, specifier) ?? []);
      return [file, files.filter((name) => name.endsWith('.ts'))];
    }),
);

const layerOf = (file: string): string => {
  const [top = '', folder = '', ...rest] = file.split('/');
  if (top !== 'functions') return rest.length > 0 || folder !== '' ? top : 'config';
  return rest.length > 0 ? folder : 'handlers';
};

/** What each layer may import, beside itself. Nothing that runs in the cloud is allowed local, cli or generate. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  lake: [],
  host: ['lake'],
  aws: ['lake', 'host'],
  report: ['lake', 'host'],
  handlers: ['lake', 'host', 'aws', 'report'],
  local: ['lake', 'host', 'aws'],
  generate: ['lake', 'host'],
  cli: ['lake', 'host', 'aws', 'local', 'report', 'generate', 'config'],
  stacks: ['lake', 'host', 'aws', 'config'],
  config: ['stacks'],
};

test('every import of a source names a file that is there', () => {
  expect(graph.size).toBeGreaterThan(200);
  const missing = [...graph].flatMap(([file, targets]) =>
    targets.filter((target) => !graph.has(target)).map((target) => `${file} imports ${target}`),
  );
  expect(missing).toEqual([]);
});

test('imports run one way between the layers (else move what both sides need into a layer below both)', () => {
  const wrong = [...graph].flatMap(([file, targets]) => {
    const layer = layerOf(file);
    const allowed = MAY_IMPORT[layer] ?? [];
    return targets
      .filter((target) => layerOf(target) !== layer && !allowed.includes(layerOf(target)))
      .map((target) => `${file} (${layer}) imports ${target} (${layerOf(target)})`);
  });
  expect(wrong).toEqual([]);
});

/** Ways from a name back to itself. */
function circlesIn(arrows: ReadonlyMap<string, Iterable<string>>): string[] {
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (name: string, path: readonly string[]): void => {
    if (path.includes(name)) circles.push([...path.slice(path.indexOf(name)), name].join(' → '));
    if (path.includes(name) || done.has(name)) return;
    for (const target of arrows.get(name) ?? []) visit(target, [...path, name]);
    done.add(name);
  };
  for (const name of arrows.keys()) visit(name, []);
  return circles;
}

test('no import runs in a circle, types included (else put what both need into a third file)', () => {
  expect(circlesIn(graph)).toEqual([]);
});

test('the folders of the core import one way, too (else move what both need to a file beside them)', () => {
  const place = (file: string): string => file.split('/').slice(0, 3).join('/');
  const folders = new Map<string, Set<string>>();
  for (const [file, targets] of graph) {
    const from = place(file);
    if (layerOf(file) !== 'lake') continue;
    const known = folders.get(from) ?? new Set();
    for (const target of targets) if (place(target) !== from) known.add(place(target));
    folders.set(from, known);
  }
  expect(folders.size).toBeGreaterThan(8);
  expect(circlesIn(folders)).toEqual([]);
});

test('imports are found however they are written', () => {
  const source = [
    "import type { A } from './a.ts';",
    "import { type B, b } from '#lake/b.ts';",
    "import {\n  c,\n  type C,\n} from '../c.ts';",
    "import 'd';",
    "export { e } from './e.ts';",
    "const f = await import('@scope/f/part');",
    "const worker = new Worker(new URL('./work.ts', import.meta.url));",
    "export const said = 'copied from';",
    "const text = `import of x from 'nowhere'`;",
  ].join('\n');
  expect(importsOf(source)).toEqual([
    { specifier: './a.ts', isType: true },
    { specifier: '#lake/b.ts', isType: false },
    { specifier: '../c.ts', isType: false },
    { specifier: 'd', isType: false },
    { specifier: './e.ts', isType: false },
    { specifier: '@scope/f/part', isType: false },
    { specifier: './work.ts', isType: false },
  ]);
});
