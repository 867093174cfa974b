import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadSql } from '#host/sql-folder.ts';
import { clicks, events, headers, units } from '#lake/tables/index.ts';
import { generatedLakes } from '../sql/generated-lake.ts';
import { type LakeFixture, SQL_FOLDER } from '../sql/lake-fixture.ts';
import { listAt, textAt } from '../stacks/graph.ts';
import { dashboardOf, questionsOfVisuals } from '../stacks/quicksight/query-of.ts';
import { launchChromium, openFile } from './chromium.ts';
import { answersOf, previewPage } from './dashboard-preview.ts';

const definition = dashboardOf((await loadSql(SQL_FOLDER)).views);
const sheets = listAt(definition, 'Sheets');
const asked = new Map(questionsOfVisuals(definition).map((one) => [one.visual, one]));

/** These have nothing to show of a lake that was never settled or audited, and until a message id or an address is given. */
const EMPTY = new Set(['ok-fresh', 'message-timeline', 'person-timeline']);

describe('the preview of the dashboard', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dashboard-'));
  let browser: Browser;
  let lake: LakeFixture;
  beforeAll(async () => {
    browser = await launchChromium();
    const made = await generatedLakes({ messages: 2500, days: 30, seed: 1 }, [
      { tables: [events, headers, clicks, units] },
    ]);
    const [first] = made.lakes;
    if (!first) throw new Error('no lake');
    lake = first;
  }, 240_000);
  afterAll(async () => {
    await browser?.close();
    lake?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each(sheets.map((sheet) => [textAt(sheet, 'SheetId'), sheet] as const))(
    'shows sheet %s with every visual in its place, and asks for nothing',
    async (id, sheet) => {
      const file = join(folder, `${id}.html`);
      const ask = async (sql: string) => answersOf(await lake.query(id === 'one-message' ? `${sql} limit 0` : sql));
      writeFileSync(file, (await previewPage(definition, sheet, asked, ask)).toString());
      const { page, complaints, requests } = await openFile(browser, file, { width: 1280 });
      expect(complaints).toEqual([]);
      expect(requests).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
      const visuals = listAt(sheet, 'Visuals').map((visual) =>
        textAt(Object.values(Object(visual))[0] as never, 'VisualId'),
      );
      expect(await page.$$eval('section', (found) => found.map((one) => one.id))).toEqual(visuals);
      const empty = await page.$$eval('section:has(.none)', (found) => found.map((one) => one.id));
      expect(empty.filter((visual) => !EMPTY.has(visual))).toEqual([]);
      await page.close();
    },
  );
});
