import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Folder, folder } from '../lake.ts';

describe('lake watch', () => {
  let at: Folder;
  let date: string;
  beforeAll(async () => {
    at = folder();
    const made = await at.lake(
      'generate',
      '--out',
      'raw',
      '--messages',
      '3000',
      '--days',
      '40',
      '--seed',
      '1',
      '--json',
    );
    date = JSON.parse(made.stdout).incident.date;
    expect((await at.lake('run', '--raw', 'raw', '--lake', 'lake')).code).toBe(0);
  });
  afterAll(() => at.remove());

  test('shows what would have been told while an incident lasted, and remembers nothing', async () => {
    const json = await at.lake('watch', '--lake', 'lake', '--as-of', `${date}T09:00`, '--json');
    expect(json.code).toBe(4);
    const { told, open } = JSON.parse(json.stdout);
    expect(told).toEqual(open);
    expect(told).toMatchObject([{ what: 'opened', trouble: 'refused', scope: { provider: 'microsoft' } }]);
    const { stdout } = await at.lake('watch', '--lake', 'lake', '--as-of', `${date}T09:00`);
    expect(stdout).toMatch(/Microsoft turned away .*\n(.*\n)+What to do: .*\n(.*\n)+How sure: /);
  });

  test('tells once: what was told is remembered, and then there is nothing new', async () => {
    await at.lake('watch', '--lake', 'lake');
    expect(await at.lake('watch', '--lake', 'lake', '--json')).toMatchObject({ code: 0 });
  });

  test('refuses what is no time', async () => {
    const { code, stderr } = await at.lake('watch', '--lake', 'lake', '--as-of', '2026-02-30');
    expect(code).toBe(2);
    expect(stderr).toContain('It takes a day or a time such as 2026-01-31T09:00.');
  });
});
