import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { folder } from './lake.ts';

const here = folder();
afterAll(() => here.remove());

/** Exit code of a command whose output nobody reads: `stream | true`. */
async function unread(stream: 'stdout' | 'stderr', ...args: string[]): Promise<number | null> {
  const { process: child, ended } = here.start(...args);
  child[stream]?.destroy();
  return (await ended).code;
}

beforeAll(async () => {
  mkdirSync(here.at('raw'));
  writeFileSync(here.at('raw/a.json'), '{"eventType": nonsense}\n');
  expect((await here.lake('run', '--raw', 'raw', '--lake', 'lake')).code).toBe(0);
  writeFileSync(here.at('raw/late.json'), '{}\n');
});

const LAKE = ['--raw', 'raw', '--lake', 'lake'];

test.concurrent.for([
  [3, ['audit', ...LAKE]],
  [3, ['audit', ...LAKE, '--json']],
  [1, ['query', 'select no_column from events', '--lake', 'lake', '--json']],
  [2, ['query', 'select 1', '--lake', 'nowhere', '--json']],
  [2, ['rnu', '--json']],
  [0, ['query', 'select 1', '--lake', 'lake']],
  [0, ['--help']],
] as const)('fault 78: the exit code is %d whoever reads %j', async ([code, args], { expect }) => {
  expect([await unread('stdout', ...args), await unread('stderr', ...args)]).toEqual([code, code]);
});

test('fault 78: work goes on to its end where nobody reads what is said beside it', async () => {
  mkdirSync(here.at('more'));
  writeFileSync(here.at('more/a.json'), '{"eventType": nonsense}\n');
  expect(await unread('stderr', 'run', '--raw', 'more', '--lake', 'other')).toBe(0);
  const audit = await here.lake('audit', '--raw', 'more', '--lake', 'other');
  expect(audit.stdout).toContain('Everything is accounted for.');
});

test('fault 78: output that cannot be written is a failure', async () => {
  const full = openSync('/dev/full', 'w');
  const { process: child } = here.startInto(full, 'query', 'select 1', '--lake', 'lake', '--json');
  const [code] = await once(child, 'close');
  closeSync(full);
  expect(code).toBe(1);
});
