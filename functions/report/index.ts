import { writeFile } from 'node:fs/promises';
import { loadCauses } from './causes.ts';
import { daysOf, loadProviderDays } from './daily.ts';
import type { Markup } from './html.ts';
import { findIncidents, numbered } from './incidents.ts';
import { checkFilter } from './names.ts';
import { page, type Section } from './page.ts';
import { later, loadVolumes, type Period, periodOf } from './period.ts';
import { askAbout, askInAll, type Filter, type ReportLake } from './scope.ts';
import { bouncesSection, loadBounceReasons } from './sections/bounces.ts';
import { campaignsSection, loadCampaigns, loadReach } from './sections/campaigns.ts';
import { deliverySection } from './sections/delivery.ts';
import { emptySection, noMailSection } from './sections/empty.ts';
import { headlineSection, loadHeadline } from './sections/headline.ts';
import { hoursSection, loadHours } from './sections/hours.ts';
import { latencySection, loadLatencies } from './sections/latency.ts';
import { linksSection, loadLinks } from './sections/links.ts';
import { providersSection } from './sections/providers.ts';
import { asOf, loadQuality, newestDay, type Quality, qualitySection } from './sections/quality.ts';
import { summarySection, TOLD } from './sections/summary.ts';
import { loadTests, testsSection } from './sections/tests.ts';
import { loadThresholds } from './thresholds.ts';

export interface ReportOptions extends Filter {
  /** file to write; an existing one is replaced */
  out: string;
  /** first and last send day, `YYYY-MM-DD`; the newest weeks if left out */
  from?: string;
  to?: string;
  title?: string;
}

/**
 * Writes the deliverability report: one HTML file that needs nothing else.
 * @throws RangeError if `from` or `to` is no date, or they are in the wrong order
 * @throws UsageError if there is no mail of the campaign or the sending domain
 */
export async function writeReport(lake: ReportLake, options: ReportOptions): Promise<{ bytes: number }> {
  const bytes = new TextEncoder().encode((await renderReport(lake, options)).toString());
  await writeFile(options.out, bytes);
  return { bytes: bytes.length };
}

/** The report as markup. Every number comes from a query that sums up in the engine: no raw row gets here. */
export async function renderReport(lake: ReportLake, options: Omit<ReportOptions, 'out'>): Promise<Markup> {
  const { campaign, domain, title = 'E-mail deliverability' } = options;
  const filter: Filter = {
    ...(campaign === undefined ? {} : { campaign }),
    ...(domain === undefined ? {} : { domain: domain.toLowerCase() }),
  };
  await checkFilter(lake, filter);
  const quality = await loadQuality(askAbout(lake, {}));
  const volumes = await loadVolumes(askInAll(lake, filter));
  const period = periodOf(volumes, options);
  const isEmpty = period !== null && !volumes.some(({ date }) => date >= period.from && date <= period.to);
  const sections =
    period === null
      ? [noMailSection()]
      : isEmpty
        ? [emptySection(period, volumes)]
        : await sectionsOf(lake, filter, period, quality);
  return page({ title, filter, period, asOf: asOf(quality), sections: [...sections, qualitySection(quality)] });
}

async function sectionsOf(lake: ReportLake, filter: Filter, period: Period, quality: Quality): Promise<Section[]> {
  const { shown } = period;
  // Six days more, for the sliding week of the first day.
  const known = await loadProviderDays(askInAll(lake, filter, { from: later(shown.from, -6), to: shown.to }));
  const cells = known.filter(({ date }) => date >= shown.from);
  const current = cells.filter(({ date }) => date >= period.from);
  const days = daysOf(known).filter(({ date }) => date >= shown.from);
  const ask = askAbout(lake, filter, period);
  const found = await findIncidents(lake, filter, period);
  const causes = await loadCauses(lake, filter, found.incidents.slice(0, TOLD));
  const marks = numbered(found.incidents, TOLD);
  const thresholds = await loadThresholds();
  const newest = newestDay(quality) ?? later(period.to, 30);
  const campaigns = await loadCampaigns(ask);
  return [
    summarySection(found, causes, days, period, thresholds),
    headlineSection(await loadHeadline(askInAll(lake, filter, shown), cells, period, newest), days, period, newest),
    deliverySection(days, period, marks, thresholds, newest),
    providersSection(cells, current, period, marks),
    bouncesSection(await loadBounceReasons(ask)),
    latencySection(await loadLatencies(askAbout(lake, filter, shown), period), period),
    campaignsSection(campaigns, await loadReach(ask, campaigns), current),
    testsSection(await loadTests(ask)),
    linksSection(await loadLinks(ask)),
    hoursSection(await loadHours(ask)),
  ].filter((section) => section !== null);
}
