/** Opens pages from disk in a real browser, and reports what the pages tried to do. */
import { accessSync, constants } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AxeResults } from 'axe-core';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** @throws Error saying what to install */
export async function launchChromium(): Promise<Browser> {
  return puppeteer.launch({
    executablePath: process.env.CHROMIUM ?? findOnPath(),
    // Chromium's sandbox refuses to run as root, as in a container; the pages are our own.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
}

function findOnPath(): string {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of NAMES) {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return join(folder, name);
      } catch {
        // not there
      }
    }
  }
  throw new Error('no Chromium found: install it (Debian: apt-get install chromium), or set CHROMIUM to its path');
}

export type Look = { scheme?: 'light' | 'dark'; width?: number; media?: 'print' | 'screen' };

export interface OpenedPage {
  page: Page;
  /** errors and warnings on the console, exceptions, dialogs */
  complaints: string[];
  /** addresses that the page asked for, itself left out */
  requests: string[];
}

/** Opens a file as a person would, and lets it settle. */
export async function openFile(browser: Browser, path: string, look: Look = {}): Promise<OpenedPage> {
  const page = await browser.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  const address = pathToFileURL(path).href;
  page.on('console', (message) => {
    if (['error', 'warn'].includes(message.type())) complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`exception: ${String(error)}`));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (request.url() !== address) requests.push(request.url());
  });
  // At once: either of the page's own methods would undo what the other one set.
  const session = await page.createCDPSession();
  await session.send('Emulation.setEmulatedMedia', {
    media: look.media ?? 'screen',
    features: [{ name: 'prefers-color-scheme', value: look.scheme ?? 'light' }],
  });
  await page.setViewport({ width: look.width ?? 1200, height: 900 });
  await page.goto(address, { waitUntil: 'networkidle0' });
  return { page, complaints, requests };
}

/** What axe-core finds to be a barrier, as one line each: WCAG 2.2 A and AA, and its best practices. */
export async function barriers({ page }: OpenedPage): Promise<string[]> {
  // Injected by the debugger, past the page's own policy, which forbids scripts.
  await page.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  const { violations } = (await page.evaluate('axe.run(document)')) as AxeResults;
  return violations.map(
    ({ id, impact, help, nodes }) => `${impact} ${id}: ${help} (${nodes.length}, first ${nodes[0]?.target.join(' ')})`,
  );
}
