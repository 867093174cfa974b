import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { COMMAND_NAMES } from '#cli/commands/program.ts';
import { generate } from '#generate/index.ts';
import { addressesIn, addressFinder } from '#test/addresses-in.ts';
import { SEEDS } from '#test/fuzz/corpus.ts';
import { keysIn } from '#test/generate/folder.ts';
import { folder, type Ran } from './lake.ts';

const here = folder({ COLUMNS: '200', MAILLAKE_DEBUG: '' });
let find: ReturnType<typeof addressFinder>;

/** What each command is called with here, one after another; raw data are generated mail with all its faults, and the fixtures. */
const CALLS: Readonly<Record<string, string[][]>> = {
  plan: [['--raw', 'raw']],
  transform: [['--raw', 'raw']],
  settle: [['--now']],
  rollup: [[]],
  run: [
    ['--raw', 'raw'],
    ['--raw', 'raw', '--json'],
    ['--raw', 'nowhere'],
  ],
  audit: [
    ['--raw', 'raw'],
    ['--raw', 'raw', '--json'],
    ['--raw', 'raw', '--repair'],
  ],
  views: [[]],
  describe: [['events'], ['nothing@all']],
  report: [['--out', 'report.html'], ['--json']],
  watch: [[]],
  export: [['--out', 'tables']],
  files: [['events']],
  tags: [[], ['--json']],
  quarantine: [[]],
  erase: [['--recipient', 'nobody@nowhere.example', '--dry-run'], ['--recipient', 'not one'], []],
  generate: [['--out', 'more', '--messages', '5']],
};

/** These write into the lake, and come one after another. */
const FILLING: ReadonlySet<string> = new Set(['plan', 'transform', 'settle', 'rollup', 'run', 'audit']);

/** Commands whose purpose is to show rows, and why no call is here. */
const SHOWS_ROWS: Readonly<Record<string, string>> = {
  query: 'shows the rows that were asked for',
  message: 'shows one mail, with whom it went to',
  person: 'shows one person, who was named in the call',
  mcp: 'answers without addresses unless started with --persons (test/cli/mcp/server.spec.ts)',
  demo: 'is generate, run and report over invented mail',
  rebuild: 'shows of each column that changes one value as it is and as it would be',
};

beforeAll(async () => {
  await generate({ out: here.at('raw'), messages: 30, days: 3, seed: 8, dirty: true, dates: 2 });
  const fixtures = SEEDS.filter(({ name }) => /^(?:none|wild)/.test(name));
  for (const [i, { bytes }] of fixtures.entries()) writeFileSync(here.at(`raw/fixture-${i}.raw`), bytes);
  const texts = keysIn(here.at('raw')).map((key) => readFileSync(here.at(`raw/${key}`), 'utf8'));
  // Of addresses in the data, those that are no one else's: `--help` and the like may name such as you@example.com.
  find = addressFinder(new Set(texts.flatMap(addressesIn)));
});
afterAll(() => here.remove());

const said = ({ stdout, stderr }: Ran): string => `${stdout}\n${stderr}`;

test('every command is called here, or shows rows by its purpose', () => {
  expect([...Object.keys(CALLS), ...Object.keys(SHOWS_ROWS)].sort()).toEqual([...COMMAND_NAMES].sort());
});

test('no command says an address of the data, whether it does its work or fails', async () => {
  const found: string[] = [];
  const look = async (command: string, call: readonly string[]): Promise<void> => {
    const ran = await here.lake(command, ...call);
    expect(ran.code, `${command}: ${ran.stderr}`).not.toBe(null);
    for (const { address } of find(said(ran))) found.push(`${command} ${call.join(' ')}: ${address}`);
  };
  const calls = Object.entries(CALLS).flatMap(([command, all]) => all.map((call) => ({ command, call })));
  const isFilling = ({ command }: { command: string }): boolean => FILLING.has(command);
  for (const { command, call } of calls.filter(isFilling)) await look(command, call);
  await Promise.all(calls.filter((call) => !isFilling(call)).map(({ command, call }) => look(command, call)));
  for (const { address } of find(readFileSync(here.at('report.html'), 'utf8'))) found.push(`report.html: ${address}`);
  // Names of files, too.
  for (const key of keysIn(here.at('tables'))) for (const { address } of find(key)) found.push(`export: ${address}`);
  expect([...new Set(found)]).toEqual([]);
  // What shows rows does find them.
  const rows = await here.lake(
    'query',
    'select recipient_key from events where recipient_key is not null limit 5',
    '--json',
  );
  expect(find(said(rows)).length).toBeGreaterThan(0);
}, 300_000);
