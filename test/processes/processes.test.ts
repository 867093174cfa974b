/** The disk edition as real processes: killed, crowded, without room, without rights. The large forms: npm run test:soak. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generate } from '#local/generate/index.ts';
import { command, done, lakeCommand } from './command.ts';
import { crowdInLake, crowdOracle, transformInCrowd, writeCrowd } from './crowd.ts';
import { fullDiskScript } from './full-disk.ts';
import { auditedClean, forgetLake, killRuns } from './kill-run.ts';
import { tableDigests } from './table-digests.ts';

const folder = mkdtempSync(join(tmpdir(), 'maillake-processes-'));
const at = (name: string): string => join(folder, name);
const raw = at('raw');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('one raw folder, whatever happens to the processes', () => {
  let expected: Record<string, string>;
  let runMs: number;

  beforeAll(async () => {
    await generate({ out: raw, messages: 800, days: 1, seed: 4 });
    const began = Date.now();
    await done(lakeCommand(['run', '--raw', raw, '--lake', at('undisturbed')]));
    runMs = Date.now() - began;
    expected = await tableDigests(at('undisturbed'));
    expect(Object.keys(expected).length).toBeGreaterThan(4);
  }, 120_000);

  test('fault 45: run killed with SIGKILL at random moments ends with the tables of an undisturbed run', async () => {
    const killed = await killRuns({
      raw,
      lake: at('killed'),
      kills: 5,
      seed: 45,
      withinMs: Math.min(runMs * 0.6, 4000),
    });
    expect(killed.kills).toBe(5);
    await auditedClean(raw, at('killed'));
    expect(await tableDigests(at('killed'))).toEqual(expected);
  }, 300_000);

  test('fault 44: two runs on one lake at once make one lake', async () => {
    const args = ['run', '--raw', raw, '--lake', at('shared')];
    const runs = await Promise.all([1, 2].map(() => lakeCommand(args).ended));
    expect(runs.map(({ code, stderr }) => (code === 0 ? 0 : stderr))).toEqual([0, 0]);
    await auditedClean(raw, at('shared'));
    expect(await tableDigests(at('shared'))).toEqual(expected);
  });

  test('fault 53: with the state and all tables deleted, run makes the same tables', async () => {
    await done(lakeCommand(['run', '--raw', raw, '--lake', at('rebuilt')]));
    forgetLake(at('rebuilt'));
    await done(lakeCommand(['run', '--raw', raw, '--lake', at('rebuilt')]));
    await auditedClean(raw, at('rebuilt'));
    expect(await tableDigests(at('rebuilt'))).toEqual(expected);
  });

  test('a full disk ends the run in words; with room again the next one goes on to the same tables', async () => {
    mkdirSync(at('full'));
    mkdirSync(at('kept'));
    const { program, args } = fullDiskScript(raw, at('full'), at('kept'), 256);
    const { stdout, stderr } = await command(program, args).ended;
    expect(stdout).toMatch(/first: 1\n[\s\S]*second: 0\n/);
    expect(stderr).toMatch(/the disk is full: make room|than the disk or a limit allows/);
    expect(stderr).not.toContain('    at ');
    expect(await tableDigests(at('kept'))).toEqual(expected);
  });

  test('a lake that may not be written to is left as it is, in words; with the right again run goes on', async () => {
    const lake = at('denied');
    mkdirSync(lake);
    // root may write anywhere: then another user runs it
    const isRoot = process.getuid?.() === 0;
    chmodSync(folder, 0o755);
    chmodSync(lake, 0o555);
    const { code, stderr } = await lakeCommand(
      ['run', '--raw', raw, '--lake', lake],
      isRoot ? { cwd: '/', uid: 65_534 } : {},
    ).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/access to its folder is denied|may not do that/);
    chmodSync(lake, 0o755);
    await done(lakeCommand(['run', '--raw', raw, '--lake', lake]));
    expect(await tableDigests(lake)).toEqual(expected);
  });
});

test('fault 46: thousands of small objects, four processes and kills: what the oracle says, once', async () => {
  const objects = 2000;
  writeCrowd(at('crowd'), objects);
  const options = { raw: at('crowd'), lake: at('crowd-lake'), processes: 4, kills: 3, seed: 46, withinMs: 1500 };
  await transformInCrowd(options);
  await auditedClean(options.raw, options.lake);
  expect(await crowdInLake(options.lake)).toEqual(crowdOracle(objects));
});
