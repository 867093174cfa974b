/** Documents and comments point at what is there. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { COMMAND_NAMES, program } from '#cli/commands/program.ts';
import { openConsole } from '#cli/console.ts';
import { importedFile, importsOf } from '#host/import-graph.ts';
import { loadSql } from '#host/sql-folder.ts';
import { StageSchema } from '../stacks/config.ts';
import { LAMBDA_NAMES } from '../stacks/spec/lambdas.ts';
import { questionsOf } from './sql/handbook.ts';

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

/** The command line's commands, each with its options. */
const OPTIONS = new Map(
  program(openConsole(process)).commands.map((command): [string, Set<string>] => [
    command.name(),
    new Set(['help', ...command.options.flatMap(({ long }) => long?.slice(2) ?? [])]),
  ]),
);

/** The words of a command up to what a shell takes for its end; what is quoted is none of ours. */
const wordsAfter = (text: string): string[] =>
  text
    .replace(/\\\n\s*/g, ' ')
    .replace(/"[^"]*"|'[^']*'/g, 'QUOTED')
    .replace(/[\n`|;&#>].*$/s, '')
    .trim()
    .split(/\s+/);

const flagsIn = (words: readonly string[]): string[] =>
  words.flatMap((word) => /^--([a-z][\w-]*)/.exec(word)?.[1] ?? []);

test.each(DOCUMENTS)(
  'every command of the command line that %s gives, and each of its options, is there',
  (document) => {
    const wrong = Array.from(read(document).matchAll(/npm run (?:-s )?lake -- ([\s\S]{0,400})/g), ([, rest = '']) => {
      const [name = '', ...words] = wordsAfter(rest);
      const options = OPTIONS.get(name);
      if (name.startsWith('<') || name.startsWith('--')) return [];
      return options ? flagsIn(words).flatMap((flag) => (options.has(flag) ? [] : `${name} --${flag}`)) : [name];
    });
    expect(wrong.flat()).toEqual([]);
  },
);

test.each(DOCUMENTS)(
  'every command of the AWS CLI that %s gives, and each of its options, is there (else run test/aws-commands.py)',
  (document) => {
    const known: Readonly<Record<string, readonly string[]>> = JSON.parse(read('test/fixtures/aws/commands.json'));
    const ofAll = ['region', 'query', 'output', 'profile', 'cli-binary-format', 'cli-read-timeout'];
    const wrong = Array.from(
      read(document).matchAll(/\baws ([a-z0-9]+) ([a-z]+(?:-[a-z]+)*)((?:(?!\baws )[\s\S]){0,400})/g),
      ([, service = '', command = '', rest = '']) => {
        const options = known[`${service} ${command}`];
        if (!options) return [`${service} ${command}`];
        const flags = flagsIn(wordsAfter(rest)).filter((flag) => !ofAll.includes(flag) && !options.includes(flag));
        return flags.map((flag) => `${service} ${command} --${flag}`);
      },
    );
    expect(wrong.flat()).toEqual([]);
  },
);

test('every call of a function that the runbook gives names one, and gives it JSON', () => {
  const calls = Array.from(read('stacks/RUNBOOK.md').matchAll(/\bcall ([a-z-]+) '([^']*)'/g));
  expect(calls.length).toBeGreaterThan(8);
  for (const [, name = '', payload = ''] of calls) {
    expect(LAMBDA_NAMES).toContain(name);
    expect(JSON.parse(payload)).toBeTypeOf('object');
  }
});

test('the handbook asks something of every mart (else add a question to sql/HANDBOOK.md)', async () => {
  const { views } = await loadSql(`${root}sql`);
  const asked = questionsOf(read('sql/HANDBOOK.md'))
    .map(({ sql }) => sql)
    .join('\n');
  const marts = views.filter(({ folder }) => folder === 'marts').map(({ name }) => name);
  expect(marts.length).toBeGreaterThan(25);
  expect(marts.filter((name) => !new RegExp(`\\bfrom ${name}\\b`).test(asked))).toEqual([]);
});

test('the command line’s README has a row for every command', () => {
  const rows = Array.from(read('functions/cli/README.md').matchAll(/^\| (`.+)$/gm), ([, cell = '']) => cell);
  const named = rows.flatMap((cell) => Array.from(cell.matchAll(/`(\w+)/g), ([, name = '']) => name));
  expect(COMMAND_NAMES.filter((name) => !named.includes(name))).toEqual([]);
});

test('stacks/README.md names every option of the config', () => {
  // A config file says further sources in `raw`.
  const ofStage = optionsIn(z.toJSONSchema(StageSchema, { io: 'input' })).filter((name) => name !== 'otherRaw');
  const options = [...new Set(['app', 'stages', ...ofStage])];
  expect(options.length).toBeGreaterThan(35);
  const code = Array.from(read('stacks/README.md').matchAll(/```.*?```|`[^`\n]*`/gs), ([text]) => text).join('\n');
  expect(options.filter((name) => !new RegExp(`\\b${name}\\b`).test(code))).toEqual([]);
});

/** Names of properties in a JSON Schema, all the way down. */
function optionsIn(schema: unknown): string[] {
  if (Array.isArray(schema)) return schema.flatMap(optionsIn);
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]) =>
    key === 'properties' ? [...Object.keys(value), ...Object.values(value).flatMap(optionsIn)] : optionsIn(value),
  );
}

/** A document of another repository is cited with it: `apache/parquet-format, Encodings.md`. */
const OURS = /(?<![\w/.*-]|\w\/[\w-]+, )((?:[\w.-]+\/)*[\w-]+\.md)\b|\bdesign: /g;

/** Where the document lies that a source writes, whose links are seen from there: the dictionary is sql/README.md. */
const folderWritten = (file: string): string => (file.startsWith('functions/lake/sql/') ? 'sql' : '');

test('no source points at a document that is not in the repository', () => {
  const wrong = SOURCES.flatMap((file) =>
    Array.from(read(file).matchAll(OURS), ([all, name]) => ({
      all,
      isKnown:
        name !== undefined &&
        ['', posix.dirname(file), folderWritten(file)].some((at) => isThere(posix.join(at, name))),
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
