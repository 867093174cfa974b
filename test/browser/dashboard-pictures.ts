/**
 * Pictures of the dashboard's sheets for the documents, with the numbers of `npm run demo`, which must have run:
 * `node test/browser/dashboard-pictures.ts FOLDER [SHEET…]` writes `<sheet>.webp` of all sheets or of those named.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSql } from '#host/sql-folder.ts';
import { openLake } from '#local/lake.ts';
import { SQL_FOLDER } from '../sql/lake-fixture.ts';
import { listAt, textAt } from '../stacks/graph.ts';
import { dashboardOf, questionsOfVisuals } from '../stacks/quicksight/query-of.ts';
import { launchChromium, openFile } from './chromium.ts';
import { answersOf, previewPage } from './dashboard-preview.ts';

const [out = '.', ...wanted] = process.argv.slice(2);
const definition = dashboardOf((await loadSql(SQL_FOLDER)).views);
const asked = new Map(questionsOfVisuals(definition).map((one) => [one.visual, one]));
const lake = await openLake({ raw: '.lake/demo/raw', lake: '.lake/demo/lake', durable: false });
const browser = await launchChromium();
const folder = mkdtempSync(join(tmpdir(), 'dashboard-'));
try {
  for (const sheet of listAt(definition, 'Sheets')) {
    const id = textAt(sheet, 'SheetId');
    if (wanted.length > 0 && !wanted.includes(id)) continue;
    const file = join(folder, `${id}.html`);
    const ask = async (sql: string) => answersOf(await lake.engine.query(sql));
    const [one] = await ask(
      'select message_id, recipient_key from message_timeline group by 1, 2 order by count(*) desc, 1 limit 1',
    );
    // As if a reader had given the message with the most events, and whose it was.
    const given = new Map([
      ['message-timeline', ` where message_id = '${one?.message_id}'`],
      ['person-timeline', ` where recipient_key = '${one?.recipient_key}'`],
    ]);
    const narrowed = [...asked.values()].map((of) => ({ ...of, sql: `${of.sql}${given.get(of.visual) ?? ''}` }));
    const page = await previewPage(definition, sheet, new Map(narrowed.map((of) => [of.visual, of])), ask);
    writeFileSync(file, page.toString());
    const opened = await openFile(browser, file, { width: 1280 });
    await opened.page.screenshot({ path: join(out, `${id}.webp`), type: 'webp', quality: 70, fullPage: true });
    await opened.page.close();
  }
} finally {
  await browser.close();
  await lake.close();
  rmSync(folder, { recursive: true });
}
