import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Folder, folder } from '../lake.ts';

describe('lake report', () => {
  let at: Folder;
  beforeAll(async () => {
    at = folder();
    await at.lake('generate', '--out', 'raw', '--messages', '20', '--days', '2', '--seed', '1');
    expect((await at.lake('run', '--raw', 'raw', '--lake', 'lake')).code).toBe(0);
  });
  afterAll(() => at.remove());

  test('writes a page about one sending domain, or says which there are', async () => {
    const unknown = await at.lake('report', '--out', 'a.html', '--lake', 'lake', '--domain', 'news.harborbook.example');
    expect(unknown).toMatchObject({ code: 2, stdout: '' });
    expect(unknown.stderr).toContain('--domain: no mail of news.harborbook.example in the lake');
    const [, meant = ''] = /did you mean ([\w.-]+)/.exec(unknown.stderr) ?? [];
    expect(meant).toMatch(/harborbooks[.]example$/);
    expect(await at.lake('report', '--out', 'a.html', '--lake', 'lake', '--domain', meant)).toMatchObject({ code: 0 });
    expect(readFileSync(at.at('a.html'), 'utf8')).toContain(`from <bdi class="data">${meant}</bdi>`);
  });
});
