import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ndjson, sesOpen, sesSend } from '#test/records.ts';
import { type Folder, folder } from '../lake.ts';

describe('lake tags', () => {
  let at: Folder;
  const settings = (content: object): void => writeFileSync(at.at('lake/settings.json'), JSON.stringify(content));
  const document = async () => {
    const { code, stdout, stderr } = await at.lake('tags', '--lake', 'lake', '--json');
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout);
  };

  beforeAll(async () => {
    at = folder();
    for (const name of ['raw', 'lake']) mkdirSync(at.at(name));
    const mail = { messageId: 'a', tags: { team: ['growth'], "it's": ['x', 'y'] } };
    writeFileSync(at.at('raw/one.json'), ndjson(sesSend(mail), sesOpen(mail), sesSend({ messageId: 'b' })));
    settings({ dimensions: ['team'] });
    expect((await at.lake('run', '--raw', 'raw', '--lake', 'lake', '--json')).code).toBe(0);
  });
  afterAll(() => at.remove());

  test('lists the tags that events have, the column that each fills, and where they do', async () => {
    const day = { first_day: '2026-10-05', last_day: '2026-10-05' };
    expect(await document()).toEqual({
      tags: [
        { tag: 'campaign', column: 'campaign_id', events: 3, ...day },
        { tag: 'ses:configuration-set', column: 'configuration_set', events: 3, ...day },
        { tag: "it's", column: null, events: 2, ...day },
        { tag: 'team', column: 'dimension_1', events: 2, ...day },
      ],
      stale: [],
    });
  });

  test('says which rows were read with other settings', async () => {
    settings({ dimensions: ["it's", 'team'], tags: { team: 'tenant' } });
    const { stale } = await document();
    expect(stale).toMatchObject([
      { column: 'tenant', tag: 'team', events: 2 },
      { column: 'dimension_1', tag: "it's", events: 2 },
      { column: 'dimension_2', tag: 'team', events: 2 },
    ]);
    const { stderr } = await at.lake('tags', '--lake', 'lake');
    expect(stderr).toContain('tenant does not hold the tag team, as the settings say now: 2 events of 2026-10-05');
    settings({});
    expect((await document()).stale).toMatchObject([{ column: 'dimension_1', tag: null, events: 2 }]);
  });

  test('each run, and each report by such a column, says that rows were read with other settings, as long as they are', async () => {
    settings({ dimensions: ['colour'] });
    const says = '1 day has events that were read with other settings (2026-10-05)';
    for (let times = 0; times < 2; times++) {
      const { code, stderr } = await at.lake('run', '--raw', 'raw', '--lake', 'lake');
      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining(says) });
    }
    const report = await at.lake('report', '--lake', 'lake', '--out', 'by.html', '--by', 'colour');
    expect(report).toMatchObject({ code: 0, stderr: expect.stringContaining(says) });
    settings({ dimensions: ['team'] });
    expect((await at.lake('run', '--raw', 'raw', '--lake', 'lake')).stderr).not.toContain('other settings');
    const blue = await at.lake('report', '--lake', 'lake', '--out', 'by.html', '--dimension', 'team=growth');
    expect(blue).toMatchObject({ code: 0, stderr: expect.not.stringContaining('other settings') });
    expect(await at.lake('report', '--lake', 'lake', '--out', 'by.html', '--dimension', 'team')).toMatchObject({
      code: 2,
    });
  });
});
