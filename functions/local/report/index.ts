import { writeFile } from 'node:fs/promises';
import type { Engine } from '#lake/ports.ts';
import { loadDays } from './daily.ts';
import { html, type Markup } from './html.ts';
import { findIncidents } from './incidents.ts';
import { page } from './page.ts';
import { findPeriod } from './period.ts';
import { loadAnswers } from './sections/answers.ts';
import { bouncesSection, loadBounceReasons } from './sections/bounces.ts';
import { campaignsSection, loadCampaigns } from './sections/campaigns.ts';
import { deliverySection } from './sections/delivery.ts';
import { headlineSection, loadHeadline } from './sections/headline.ts';
import { linksSection, loadLinks } from './sections/links.ts';
import { loadProviderDays, providersSection } from './sections/providers.ts';
import { asOf, loadQuality, qualitySection } from './sections/quality.ts';
import { summarySection } from './sections/summary.ts';
import { loadThresholds } from './thresholds.ts';

export interface ReportOptions {
  /** file to write; an existing one is replaced */
  out: string;
  /** first and last send day, `YYYY-MM-DD`; the newest weeks if left out */
  from?: string;
  to?: string;
  title?: string;
}

/**
 * Writes the deliverability report: one HTML file that needs nothing else. The same data gives the same bytes.
 * @throws RangeError if `from` or `to` is no date, or they are in the wrong order
 */
export async function writeReport(engine: Engine, options: ReportOptions): Promise<{ bytes: number }> {
  const bytes = new TextEncoder().encode((await renderReport(engine, options)).toString());
  await writeFile(options.out, bytes);
  return { bytes: bytes.length };
}

/** The report as markup. Every number comes from a query that sums up in the engine: no raw row gets here. */
export async function renderReport(engine: Engine, options: Omit<ReportOptions, 'out'>): Promise<Markup> {
  const title = options.title ?? 'E-mail deliverability';
  const period = await findPeriod(engine, options);
  const quality = await loadQuality(engine);
  if (period === null)
    return page({ title, period, asOf: asOf(quality), sections: [NO_MAIL, qualitySection(quality)] });
  const days = await loadDays(engine, period.shown);
  const incidents = await findIncidents(engine, period);
  const thresholds = await loadThresholds();
  const sections = [
    summarySection(incidents, await loadAnswers(engine, incidents), days, period, thresholds),
    headlineSection(await loadHeadline(engine, period), days, period),
    deliverySection(days, period, incidents, thresholds),
    providersSection(await loadProviderDays(engine, period), period, incidents),
    bouncesSection(await loadBounceReasons(engine, period)),
    campaignsSection(await loadCampaigns(engine, period)),
    linksSection(await loadLinks(engine)),
    qualitySection(quality),
  ];
  return page({ title, period, asOf: asOf(quality), sections });
}

const NO_MAIL = html`
<section aria-labelledby="empty">
<h2 id="empty">No mail yet</h2>
<p>The lake has no sent mail. Read raw events with <code>npm run lake -- run --raw FOLDER</code>, or try
<code>npm run demo</code>, and write the report again.</p>
</section>`;
