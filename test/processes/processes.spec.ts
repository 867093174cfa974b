/** The disk edition as real processes: killed, crowded, without room, without rights. The large forms: npm run test:soak. */
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generate } from '#generate/index.ts';
import { command, done, lakeCommand } from './command.ts';
import { crowdInLake, crowdOracle, transformInCrowd, writeCrowd } from './crowd.ts';
import { canMount, fullDiskScript, readOnlyScript } from './full-disk.ts';
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
    await generate({ out: raw, messages: 400, days: 1, seed: 4 });
    const began = Date.now();
    await done(lakeCommand(['run', '--raw', raw, '--lake', at('undisturbed')]));
    runMs = Date.now() - began;
    expected = await tableDigests(at('undisturbed'));
    expect(Object.keys(expected).length).toBeGreaterThan(4);
  }, 120_000);

  test('fault 45: run killed with SIGKILL at random moments ends with the tables of an undisturbed run', async () => {
    const lake = at('killed');
    const onEnd = async (): Promise<void> => expect(await tableDigests(lake)).toEqual(expected);
    const { kills } = await killRuns({ raw, lake, kills: 4, seed: 45, withinMs: runMs * 0.6, onEnd });
    expect(kills).toBeGreaterThanOrEqual(4);
    await auditedClean(raw, lake);
    await onEnd();
  });

  test('fault 44: two runs on one lake at once, and a repair beside them, make one lake', async () => {
    const folders = ['--raw', raw, '--lake', at('shared')];
    // A lake has to be there before it can be repaired.
    await done(lakeCommand(['plan', ...folders]));
    const commands = [['run'], ['run'], ['audit', '--repair']];
    const ends = await Promise.all(commands.map((command) => lakeCommand([...command, ...folders]).ended));
    // What the others are still at is drift to the repair.
    const words = ends.map(({ code, stderr, stdout }) => (code === 0 || code === 3 ? 'well' : stderr + stdout));
    expect(words).toEqual(['well', 'well', 'well']);
    expect(ends.slice(0, 2).map(({ code }) => code)).toEqual([0, 0]);
    await auditedClean(raw, at('shared'));
    expect(await tableDigests(at('shared'))).toEqual(expected);
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

  // Elsewhere the next test shows the same without a mount.
  if (canMount()) {
    test('a read-only disk can be asked, ends the run in words, and is left as it is', async () => {
      mkdirSync(at('read-only'));
      // All objects have new times, and one the lake doesn't know yet, so that there is something to write.
      const grown = at('grown');
      cpSync(raw, grown, { recursive: true });
      writeFileSync(join(grown, 'new.json'), '{}');
      const { program, args } = readOnlyScript(grown, at('undisturbed'), at('read-only'));
      const { stdout, stderr } = await command(program, args).ended;
      expect(stdout).toMatch(/^found\r?\ntrue\r?\nquery: 0\nChecked \d.*\nread-only: 1\n[\s\S]*\nwritable: 0\n$/);
      expect(stderr).toMatch(/error: .*(read-only|EROFS)/);
      expect(stderr).not.toContain('    at ');
    });
  }

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

  test('fault 53: with the state and all tables deleted, run makes the same tables', async () => {
    forgetLake(at('undisturbed'));
    await done(lakeCommand(['run', '--raw', raw, '--lake', at('undisturbed')]));
    await auditedClean(raw, at('undisturbed'));
    expect(await tableDigests(at('undisturbed'))).toEqual(expected);
  });
});

test('fault 46: thousands of small objects, four processes and kills: what the oracle says, once', async () => {
  const objects = 1500;
  writeCrowd(at('crowd'), objects);
  const options = { raw: at('crowd'), lake: at('crowd-lake'), processes: 4, kills: 3, seed: 46, withinMs: 1500 };
  await transformInCrowd(options);
  await auditedClean(options.raw, options.lake);
  expect(await crowdInLake(options.lake)).toEqual(crowdOracle(objects));
});
