/**
 * The picture of the report's mail for the documents, of a week of the mail of `npm run demo`, which must have run:
 * `node test/browser/mail-picture.ts .github/report-mail.webp`
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLake } from '#local/lake.ts';
import { makeReport } from '#report/index.ts';
import { mailOf } from '#report/mail.ts';
import { launchChromium, openFile } from './chromium.ts';

/** With the incident in it. */
const DAYS = { from: '2026-10-05', to: '2026-10-11' };

const [out = 'report-mail.webp'] = process.argv.slice(2);
const lake = await openLake({ lake: '.lake/demo/lake', durable: false });
const browser = await launchChromium();
const folder = mkdtempSync(join(tmpdir(), 'mail-'));
try {
  const { digest } = await makeReport(lake, DAYS);
  const attached = `deliverability-${DAYS.from}_${DAYS.to}.html`;
  const file = join(folder, 'mail.html');
  writeFileSync(file, mailOf(digest, { attached, link: 'https://console.aws.amazon.com/' }).html);
  const { page } = await openFile(browser, file, { width: 760 });
  await page.screenshot({ path: out, type: 'webp', quality: 60, fullPage: true });
} finally {
  await browser.close();
  await lake.close();
  rmSync(folder, { recursive: true });
}
