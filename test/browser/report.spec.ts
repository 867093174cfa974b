import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generate } from '#local/generate/index.ts';
import { openLake } from '#local/lake.ts';
import { silentProgress } from '#local/progress.ts';
import { writeReport } from '#local/report/index.ts';
import { runAll } from '#local/run.ts';
import { barriers, type Look, launchChromium, openFile } from './chromium.ts';

/** From nothing to a sender's quarter with everything that goes wrong in it: hostile texts, bad bytes, odd times. */
const SIZES = [
  { name: 'no mail', messages: 0, dirty: false },
  { name: 'ten mails', messages: 10, dirty: false },
  { name: 'a quarter with hostile data', messages: 6000, dirty: true },
] as const;

const LOOKS: (Look & { name: string })[] = [
  { name: 'light', scheme: 'light' },
  { name: 'dark', scheme: 'dark' },
  { name: 'narrow', width: 360 },
  { name: 'narrow and dark', width: 360, scheme: 'dark' },
  { name: 'print', media: 'print' },
];

describe.each(SIZES)('the report of $name', ({ messages, dirty }) => {
  const folder = mkdtempSync(join(tmpdir(), 'lake-browser-'));
  const file = join(folder, 'report.html');
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
    const raw = join(folder, 'raw');
    if (messages === 0) mkdirSync(raw);
    else await generate({ out: raw, messages, days: messages > 100 ? 90 : 3, seed: 5, dirty, dates: 10 });
    const lake = await openLake({ raw, lake: join(folder, 'lake'), durable: false });
    await runAll(lake, { progress: silentProgress });
    await writeReport(lake.engine, { out: file });
    await lake.close();
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each(LOOKS)('renders in $name, asks for nothing, complains of nothing, and hinders nobody', async (look) => {
    const opened = await openFile(browser, file, look);
    expect(await opened.page.$eval('h1', (heading) => heading.textContent)).toBe('E-mail deliverability');
    expect(await barriers(opened)).toEqual([]);
    // Wide tables may scroll in themselves, the page may not.
    expect(await opened.page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    expect(opened.complaints).toEqual([]);
    expect(opened.requests).toEqual([]);
    await opened.page.close();
  });

  test('lets the keyboard reach every link and table, and see where it is', async () => {
    const opened = await openFile(browser, file);
    const { page } = opened;
    const reachable = await page.evaluate(`[...document.querySelectorAll('a[href], summary, [tabindex="0"]')]
      .filter((element) => element.checkVisibility()).map((element) => [...document.querySelectorAll('*')].indexOf(element))`);
    const seen = new Set<unknown>();
    for (;;) {
      await page.keyboard.press('Tab');
      const focus = (await page.evaluate(`(() => {
        const element = document.activeElement;
        const { outlineStyle } = getComputedStyle(element);
        return { tag: element.tagName, at: [...document.querySelectorAll('*')].indexOf(element), outlineStyle };
      })()`)) as { tag: string; at: number; outlineStyle: string };
      // Behind the last one, focus leaves the page.
      if (focus.tag === 'BODY' || seen.has(focus.at)) break;
      expect(focus.outlineStyle).toMatch(/^(solid|auto)$/);
      seen.add(focus.at);
    }
    expect([...seen]).toEqual(expect.arrayContaining(reachable as number[]));
    await page.close();
  });
});
