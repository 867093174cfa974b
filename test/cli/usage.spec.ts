import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { COMMAND_NAMES } from '#cli/commands/program.ts';
import { folder } from './lake.ts';

const here = folder();
afterAll(() => here.remove());

test('the help names every command', async () => {
  const { code, stdout, stderr } = await here.lake('--help');
  expect(code).toBe(0);
  expect(stderr).toBe('');
  for (const name of COMMAND_NAMES) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});

test('the version is that of package.json', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(await here.lake('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

test('the help waits for no package but the parser of the command line', async () => {
  const hook = `import { registerHooks } from 'node:module';
    registerHooks({
      load(url, context, next) {
        if (url.includes('/node_modules/')) process.stderr.write(url + '\\n');
        return next(url, context);
      },
    });`;
  const watched = folder({ NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(hook)}` });
  const { code, stderr } = await watched.lake('--help');
  await watched.remove();
  expect(code).toBe(0);
  const packages = stderr.matchAll(/\/node_modules\/((?:@[^/\s]+\/)?[^/\s]+)/g).map(([, name]) => name);
  expect([...new Set(packages)]).toEqual(['commander']);
});

test.concurrent.for(COMMAND_NAMES)(
  'the help of %s has examples and --json, and fits 80 columns',
  async (name, { expect }) => {
    const { code, stdout } = await here.lake(name, '--help');
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: npm run lake -- ${name}`);
    expect(stdout).toContain(`$ npm run lake -- ${name}`);
    // What mcp says is JSON by its protocol.
    if (name !== 'mcp') expect(stdout).toContain('--json');
    for (const line of stdout.split('\n')) if (!line.startsWith('  $')) expect(line.length).toBeLessThanOrEqual(80);
  },
);

describe('wrong usage is said in a line or two, without a stack trace, with exit code 2', () => {
  mkdirSync(here.at('raw'));
  writeFileSync(here.at('a-file'), '');
  test.concurrent.for([
    { args: [], says: 'name a command' },
    { args: ['rnu'], says: 'did you mean run?' },
    { args: ['run', '--rww', 'x'], says: 'did you mean --raw?' },
    { args: ['run', '--raw', 'nowhere'], says: 'there is no folder nowhere' },
    { args: ['run', '--raw', '.'], says: '.lake/lake lies in the raw folder' },
    { args: ['run', '--raw', 'raw', '--lake', 'raw/lake'], says: 'raw data is never written to' },
    { args: ['run', '--raw', 'raw', '--lake', 'a-file'], says: '--lake: a-file is a file, not a folder' },
    { args: ['plan', '--raw', 'raw', '--lake', 'a-file/lake'], says: 'a-file is a file, not a folder' },
    { args: ['run', '--raw', 's3:/bucket'], says: 's3:/bucket is no address of a bucket' },
    { args: ['audit', '--raw', 's3://-', '--lake', 'raw'], says: 'there is no lake in raw' },
    { args: ['plan', '--raw', 'raw', '--lake', 's3://b/lake'], says: 's3://b/lake is no folder of this machine' },
    { args: ['query', 'select 1', '--lake', 's3://b/lake'], says: 's3://b/lake is no folder of this machine' },
    { args: ['audit', '--lake', 'a-file'], says: '--lake: a-file is a file, not a folder' },
    { args: ['report', '--out', '.'], says: '--out: . is a folder' },
    { args: ['export', '--out', '.'], says: '. is not empty' },
    { args: ['export', '--out', 'new', '--table', 'event'], says: 'did you mean events' },
    { args: ['files', 'units'], says: 'there is no table units with Parquet files' },
    { args: ['query'], says: "missing required argument 'sql'" },
    { args: ['query', ' ; '], says: 'the query is empty' },
    { args: ['query', 'select 1'], says: 'there is no lake in .lake/lake' },
    { args: ['query', 'select 1', '--format', 'xml'], says: 'table, json, csv, parquet' },
    { args: ['query', 'select 1', '--out', '.'], says: '. is a folder' },
    { args: ['describe', 'event'], says: 'did you mean events' },
    { args: ['settle', '--day', '2026-02-30'], says: 'such as 2026-01-31' },
    { args: ['generate', '--messages', 'many'], says: 'whole number' },
    { args: ['generate', '--out', '.'], says: 'is not empty' },
    { args: ['report'], says: "'--out <file>' not specified" },
    { args: ['quarantine', '--reason', 'jsn'], says: 'did you mean json?' },
  ])('$args', async ({ args, says }, { expect }) => {
    const { code, stdout, stderr } = await here.lake(...args);
    expect(stderr).toContain(says);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

test('an empty raw folder is nothing to do, for run and for plan', async () => {
  for (const command of ['run', 'plan']) {
    const { code, stdout, stderr } = await here.lake(command, '--raw', 'raw', '--lake', 'lake');
    expect(stdout).toMatch(/^Nothing to (do|plan): the raw folder holds no objects.\n$/);
    expect([code, stderr]).toEqual([0, '']);
  }
});

test('a lake is filled from one raw folder: another is refused, the same one elsewhere is not', async () => {
  for (const name of ['first', 'second']) {
    mkdirSync(here.at(name));
    writeFileSync(here.at(`${name}/object.json`), '{}');
  }
  expect((await here.lake('plan', '--raw', 'first', '--lake', 'own')).code).toBe(0);
  for (const command of ['plan', 'run', 'transform', 'audit']) {
    const { code, stderr } = await here.lake(command, '--raw', 'second', '--lake', 'own');
    expect(stderr).toContain('--raw: the lake in own is filled from another folder: ');
    expect(code).toBe(2);
  }
  renameSync(here.at('first'), here.at('moved'));
  const { code, stdout } = await here.lake('run', '--raw', 'moved', '--lake', 'own', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ objects: 1, records: 1, missing_objects: [] });
});

// Only Linux has folders that nobody can make anything in, not even root.
if (existsSync('/proc/self')) {
  test('a folder that no one can make is a failure in words, and no endless try', async () => {
    for (const args of [
      ['run', '--raw', 'raw', '--lake', '/proc/lake'],
      ['generate', '--out', '/proc/raw'],
    ]) {
      const { code, stderr } = await here.lake(...args);
      expect(stderr).toMatch(/^error: --(lake|out): \/proc\/\w+ can't be made: ENOENT/);
      expect(code).toBe(1);
    }
  });
}

test('--json and another format on stdout exclude each other', async () => {
  const { code, stderr } = await here.lake('query', 'select 1', '--json', '--format', 'csv');
  expect(stderr).toContain('--json prints json, not csv');
  expect(code).toBe(2);
});

test('with --json wrong usage is one JSON document on stdout, too', async () => {
  const { code, stdout } = await here.lake('run', '--raw', 'nowhere', '--json');
  expect(code).toBe(2);
  expect(JSON.parse(stdout)).toEqual({
    error: '--raw: there is no folder nowhere',
    hint: 'name the folder of your raw objects, or make some with: npm run lake -- generate --out nowhere',
  });
});

test('fault 34: what a person or a script typed is repeated without its escape sequences', async () => {
  const { stderr } = await here.lake('\u001b[31mred');
  expect(stderr).toContain("unknown command '\\x1b[31mred'");
});

test('there are no colours elsewhere than on a terminal', async () => {
  const { stdout, stderr } = await here.lake('describe', 'nothing-like-it');
  expect(stdout + stderr).not.toContain('\u001b');
});
