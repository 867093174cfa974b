import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generate } from '#generate/index.ts';
import { silentProgress } from '#host/progress.ts';
import { openLake } from '#local/lake.ts';
import { runAll } from '#local/run/run.ts';
import { makeReport } from '#report/index.ts';
import { mailOf } from '#report/mail.ts';
import { barriers, type Look, launchChromium, openFile } from './chromium.ts';
import { HOSTILE, writeHostileRaw } from './hostile-raw.ts';

type Raw = (folder: string) => Promise<unknown>;

/** From nothing to a sender's quarter with everything that goes wrong in it: bad bytes, odd times, hostile texts. */
const SIZES: { name: string; write: Raw }[] = [
  { name: 'no mail', write: async (raw) => mkdirSync(raw) },
  { name: 'ten mails', write: (out) => generate({ out, messages: 10, days: 3, seed: 5 }) },
  {
    name: 'a quarter with faults',
    write: (out) => generate({ out, messages: 6000, days: 90, seed: 5, dirty: true, dates: 10 }),
  },
  { name: 'hostile mail', write: async (raw) => writeHostileRaw(raw) },
];

/** A sheet of A4 between the browser's usual margins, in CSS pixels. */
const SHEET = 718;

/** What is printed is dark on white, whatever the screen likes. */
const INK = 'rgb(28, 27, 26)';

const LOOKS: (Look & { name: string })[] = [
  { name: 'light', scheme: 'light' },
  { name: 'dark', scheme: 'dark' },
  { name: 'narrow', width: 360 },
  { name: 'narrow and dark', width: 360, scheme: 'dark' },
  { name: 'print', media: 'print', width: SHEET },
  { name: 'print on a dark screen', media: 'print', scheme: 'dark', width: SHEET },
];

/** Pairs of texts of one drawing whose boxes share more than a pixel or two. */
const OVERLAPS = `[...document.querySelectorAll('svg.plot')].filter((svg) => svg.checkVisibility()).flatMap((svg) => {
  const texts = [...svg.querySelectorAll('text')].filter((text) => text.textContent.trim() !== '')
    .map((text) => ({ text: text.textContent, box: text.getBoundingClientRect() }));
  return texts.flatMap((a, i) => texts.slice(i + 1).filter((b) =>
    Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left) > 2 &&
    Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top) > 4).map((b) => [svg.closest('figure')?.id, a.text, b.text].join(' | ')));
})`;

describe.each(SIZES)('the report of $name', ({ name, write }) => {
  const folder = mkdtempSync(join(tmpdir(), 'lake-browser-'));
  const file = join(folder, 'report.html');
  const mail = join(folder, 'mail.html');
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
    const raw = join(folder, 'raw');
    await write(raw);
    const lake = await openLake({ raw, lake: join(folder, 'lake'), durable: false });
    await runAll(lake, { progress: silentProgress });
    const { page, digest } = await makeReport(lake, {});
    writeFileSync(file, page.toString());
    writeFileSync(mail, mailOf(digest, { attached: 'report.html', link: 'https://console.example/' }).html);
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
    if (look.media === 'print') expect(await opened.page.evaluate('getComputedStyle(document.body).color')).toBe(INK);
    await opened.page.close();
  });

  test.each(LOOKS.filter(({ media }) => media === undefined))(
    'is a mail that reads in $name, asks for nothing and hinders nobody',
    async (look) => {
      const opened = await openFile(browser, mail, look);
      expect(await barriers(opened)).toEqual([]);
      expect(await opened.page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
      expect([...opened.complaints, ...opened.requests]).toEqual([]);
      await opened.page.close();
    },
  );

  test('shows the data behind each chart when asked', async () => {
    const { page, complaints } = await openFile(browser, file, { width: 360 });
    const figures = await page.$$('figure');
    for (const figure of figures) {
      await figure.$eval('summary', (summary) => summary.scrollIntoView());
      await (await figure.$('summary'))?.click();
      expect(await figure.$eval('details table', (table) => table.checkVisibility())).toBe(true);
    }
    expect(figures.length > 0).toBe(name !== 'no mail');
    // All of them open at once must not widen the page either.
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('lets no label of a chart lie on another', async () => {
    for (const width of [1200, 360]) {
      const { page } = await openFile(browser, file, { width });
      expect(await page.evaluate(OVERLAPS)).toEqual([]);
      await page.close();
    }
  });

  if (name === 'hostile mail')
    test('fault 34: shows hostile names, links and answers as text, and nothing happens', async () => {
      const { page, complaints, requests } = await openFile(browser, file);
      const text = String(await page.evaluate('document.body.textContent'));
      for (const part of [
        '"><script>document.title="owned"',
        '=HYPERLINK("https://evil.example/"',
        '␛[2J␛[31mred␇\ufffdgnp.exe',
      ])
        expect(text).toContain(part);
      expect(text).toContain(HOSTILE.address);
      expect(await page.title()).toBe('E-mail deliverability');
      expect(await page.$$eval('script, img, iframe, link, object, embed, form', (found) => found.length)).toBe(0);
      expect(await page.$$eval('a:not([href^="#"])', (found) => found.length)).toBe(0);
      const handlers =
        '[...document.querySelectorAll("*")].flatMap((element) => [...element.attributes]).filter(({ name }) => name.startsWith("on")).length';
      expect(await page.evaluate(handlers)).toBe(0);
      expect([complaints, requests]).toEqual([[], []]);
      await page.close();
    });

  if (name === 'a quarter with faults')
    test('tells the incident in its first lines', async () => {
      const { page } = await openFile(browser, file);
      expect(await page.$eval('main .incident', (incident) => incident.textContent)).toContain('turned away');
      expect(await page.$eval('main .incident', (incident) => incident.getBoundingClientRect().bottom)).toBeLessThan(
        900,
      );
      await page.close();
    });

  if (name === 'a quarter with faults')
    test('has links in the order of the numbers that it shows', async () => {
      const { page } = await openFile(browser, file);
      const shown = await page.$$eval('section[aria-labelledby=links] td:nth-child(3) span', (cells) =>
        cells.map((cell) => Number(cell.textContent?.replaceAll(',', ''))),
      );
      expect(shown).toHaveLength(15);
      expect(shown).toEqual(shown.toSorted((a, b) => b - a));
      await page.close();
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
