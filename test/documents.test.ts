/** Documents and comments point at what is there. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { importedFile, importsOf } from '#host/import-graph.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string): string => readFileSync(`${root}${file}`, 'utf8');
const isThere = (path: string): boolean => existsSync(`${root}${path}`);

const DOCUMENTS = globSync(['*.md', '{functions,stacks,sql,test,.github}/**/*.md'], { cwd: root }).sort();
const SOURCES = globSync(['{functions,stacks,test}/**/*.ts', 'sql/**/*.sql', '*.config.ts'], { cwd: root })
  .filter((file) => !file.startsWith('test/fixtures/'))
  .sort();

/** As GitHub names the place of a heading. */
const anchorsOf = (file: string): Set<string> =>
  new Set(
    Array.from(read(file).matchAll(/^#+ (.*)$/gm), ([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );

test.each(DOCUMENTS)('every link of %s leads to a file, and to a heading of it', (document) => {
  const broken: string[] = [];
  for (const [, target = ''] of read(document).matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^https?:/.test(target)) continue;
    const [path = '', anchor] = target.split('#');
    const file = path === '' ? document : posix.join(posix.dirname(document), path);
    if (!isThere(file) || (anchor !== undefined && !anchorsOf(file).has(anchor))) broken.push(target);
  }
  expect(broken).toEqual([]);
});

test.each(DOCUMENTS)('every file and command that %s names is there', (document) => {
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(read('package.json'));
  const text = read(document);
  const paths = Array.from(text.matchAll(/`((?:functions|stacks|sql|test)\/[\w./-]*)`/g), ([, path = '']) => path);
  const commands = Array.from(text.matchAll(/npm run (?:-s )?([\w:-]+)/g), ([, name = '']) => name);
  expect(paths.filter((path) => !isThere(path))).toEqual([]);
  expect(commands.filter((name) => scripts[name] === undefined)).toEqual([]);
});

/** A document of another repository is cited with it: `apache/parquet-format, Encodings.md`. */
const OURS = /(?<![\w/.*-]|\w\/[\w-]+, )((?:[\w.-]+\/)*[\w-]+\.md)\b|\bdesign: /g;

test('no source points at a document that is not in the repository', () => {
  const wrong = SOURCES.flatMap((file) =>
    Array.from(read(file).matchAll(OURS), ([all, name]) => ({
      all,
      isKnown: name !== undefined && (isThere(name) || isThere(posix.join(posix.dirname(file), name))),
    })).flatMap(({ all, isKnown }) => (isKnown ? [] : [`${file}: ${all}`])),
  );
  expect(wrong).toEqual([]);
});

test('README.md is short enough to be read', () => {
  expect(Buffer.byteLength(read('README.md'))).toBeLessThanOrEqual(9 * 1024);
});

test('the way from a raw object to a number opens at most 25 files, each once, and never goes back up', () => {
  const [, section = ''] = /## A way through the code\n(.*?)\n## /s.exec(read('functions/README.md')) ?? [];
  const walk = Array.from(section.matchAll(/^\d+\. `([^`]+)`/gm), ([, file = '']) => file);
  expect(walk.at(-1)).toBe('sql/marts/deliverability_daily.sql');
  expect(walk.length).toBeLessThanOrEqual(25);
  expect(new Set(walk).size).toBe(walk.length);
  expect(walk.filter((file) => !isThere(file))).toEqual([]);
  // A handler begins a way of its own: what it comes upon again has been read.
  const isHandler = (file: string): boolean => /^functions\/[^/]+\.ts$/.test(file);
  const backUp = walk.flatMap((file, at) => {
    if (file.endsWith('.sql')) {
      return walk.slice(at + 1).filter((to) => read(file).includes(`from ${posix.basename(to, '.sql')}`));
    }
    const earlier = walk.slice(walk.slice(0, at + 1).findLastIndex(isHandler), at);
    const imports = importsOf(read(file)).filter(({ isType }) => !isType);
    return imports.flatMap(({ specifier }) => importedFile(file, specifier) ?? []).filter((to) => earlier.includes(to));
  });
  expect(backUp).toEqual([]);
});
