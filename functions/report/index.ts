/** Writes the deliverability report. */
import { writeFile } from 'node:fs/promises';
import { Turns } from '#lake/turns.ts';
import { loadCauses } from './causes.ts';
import { daysOf, loadProviderDays } from './daily.ts';
import type { Digest } from './digest.ts';
import type { Markup } from './html.ts';
import { findIncidents, type Incident, judgedDays, numbered, withoutRepeats } from './incidents.ts';
import { checkFilter } from './names.ts';
import { page, type Section } from './page.ts';
import { later, loadVolumes, type Period, periodOf } from './period.ts';
import { loadUnpublished } from './published.ts';
import {
  askAbout,
  askInAll,
  conditionsOf,
  type Filter,
  keepFailures,
  keepHorizons,
  type Property,
  propertyNamed,
  type ReportLake,
} from './scope.ts';
import { bouncesSection, loadBounceReasons } from './sections/bounces.ts';
import { campaignsSection, loadCampaigns, loadReach } from './sections/campaigns.ts';
import { delaysSection, loadDelays } from './sections/delays.ts';
import { deliverySection } from './sections/delivery.ts';
import { emptySection, noMailSection } from './sections/empty.ts';
import { figuresOf, headlineSection, loadHeadline } from './sections/headline.ts';
import { hoursSection, loadHours } from './sections/hours.ts';
import { identitiesSection, loadIdentities } from './sections/identities.ts';
import { latencySection, loadLatencies } from './sections/latency.ts';
import { linksSection, loadLinks } from './sections/links.ts';
import { loadParts, partsSection } from './sections/parts.ts';
import { providersSection } from './sections/providers.ts';
import { accounted, asOf, loadQuality, newestDay, type Quality, qualitySection } from './sections/quality.ts';
import { summaryOf, summarySection, TOLD } from './sections/summary.ts';
import { loadTests, testsSection } from './sections/tests.ts';
import { loadStandings } from './standing.ts';
import { loadThresholds } from './thresholds.ts';

export type ReportOptions = Filter & {
  /** file to write; an existing one is replaced */
  out: string;
  /** first and last send day, `YYYY-MM-DD`; the newest weeks if left out */
  from?: string;
  to?: string;
  title?: string;
  /** a property by which the mail is taken apart in a section of its own: `tenant`, or a tag that is a dimension */
  by?: string;
};

/**
 * Writes the deliverability report: one HTML file that needs nothing else.
 * @throws RangeError if `from` or `to` is no date, or they are in the wrong order
 * @throws UsageError if there is no mail of what the filter asks for, or what it or `by` names is no dimension
 */
export async function writeReport(lake: ReportLake, options: ReportOptions): Promise<{ bytes: number }> {
  const bytes = new TextEncoder().encode((await renderReport(lake, options)).toString());
  await writeFile(options.out, bytes);
  return { bytes: bytes.length };
}

/** Queries at once: each waits for planning and for files half of its time. */
const QUESTIONS_AT_ONCE = 4;

/** The page, and its most important parts in words. */
export interface Report {
  page: Markup;
  digest: Digest;
}

/** The page alone. */
export const renderReport = async (lake: ReportLake, options: Omit<ReportOptions, 'out'>): Promise<Markup> =>
  (await makeReport(lake, options)).page;

/** Makes the report. Every number comes from a query that sums up in the engine: no raw row gets here. */
export async function makeReport(given: ReportLake, options: Omit<ReportOptions, 'out'>): Promise<Report> {
  const turns = new Turns(QUESTIONS_AT_ONCE);
  const { query, keep } = given.engine;
  const lake: ReportLake = {
    ...given,
    engine: {
      ...given.engine,
      query: (sql) => turns.take(() => query.call(given.engine, sql)),
      ...(keep && { keep: (select) => turns.take(() => keep(select)) }),
    },
  };
  const { domain, title = 'E-mail deliverability', by } = options;
  const filter: Filter = { ...options, ...(domain === undefined ? {} : { domain: domain.toLowerCase() }) };
  const property = by === undefined ? null : propertyNamed(lake, by);
  await checkFilter(lake, filter);
  const [quality, volumes] = await Promise.all([loadQuality(askAbout(lake, {})), loadVolumes(askInAll(lake, filter))]);
  const period = periodOf(volumes, options);
  const isEmpty = period !== null && !volumes.some(({ date }) => date >= period.from && date <= period.to);
  const { sections, ...told }: Body =
    period === null
      ? { sections: [noMailSection()], summary: null, figures: [] }
      : isEmpty
        ? { sections: [emptySection(period, volumes)], summary: null, figures: [] }
        : await bodyOf(lake, filter, period, volumes[0]?.date ?? period.from, quality, property);
  const conditions = conditionsOf(lake, filter);
  const head = { title, conditions, period, asOf: asOf(quality) };
  return {
    page: page({ ...head, sections: [...sections, qualitySection(quality)] }),
    digest: { ...head, ...told, accounted: accounted(quality) },
  };
}

type Body = Pick<Digest, 'summary' | 'figures'> & { sections: readonly Section[] };

/** Some of them are told together. */
const MOST_EXPLAINED = 2 * TOLD;

async function bodyOf(
  lake: ReportLake,
  filter: Filter,
  period: Period,
  first: string,
  quality: Quality,
  property: Property | null,
): Promise<Body> {
  const { shown } = period;
  const ask = askAbout(lake, filter, period);
  const failed = keepFailures(lake, filter, { from: shown.from, to: later(shown.to, 1) });
  // Before the others are asked: what takes longest, the incidents and then their causes, needs it.
  const aged = await keepHorizons(lake, filter, judgedDays(shown, first));
  const newest = newestDay(quality) ?? later(period.to, 30);
  const loadTold = async () => {
    const { incidents, isJudged } = await findIncidents(aged, filter, period);
    const causes = await loadCauses(await failed, filter, incidents.slice(0, MOST_EXPLAINED));
    const isOneCause = (a: Incident, b: Incident) => causes.get(a)?.answer?.status === causes.get(b)?.answer?.status;
    return { found: { incidents: withoutRepeats(incidents, isOneCause), isJudged }, causes };
  };
  const loadDays = async () => {
    // Six days more, for the sliding week of the first day.
    const known = await loadProviderDays(askInAll(lake, filter, { from: later(shown.from, -6), to: shown.to }));
    const cells = known.filter(({ date }) => date >= shown.from);
    const days = daysOf(known).filter(({ date }) => date >= shown.from);
    const inAll = askInAll(aged, filter, shown);
    return { cells, days, headline: await loadHeadline(inAll, cells, period, newest) };
  };
  const loadSent = async () => {
    const campaigns = await loadCampaigns(ask);
    return { campaigns, reach: await loadReach(ask, campaigns) };
  };
  // What needs no other answer is drawn as soon as it has its own: the engine works meanwhile.
  const [
    { found, causes },
    { cells, days, headline },
    identities,
    links,
    hours,
    sent,
    tests,
    latency,
    bounces,
    delays,
    parts,
    thresholds,
    accounts,
    unpublished,
  ] = await Promise.all([
    loadTold(),
    loadDays(),
    loadIdentities(askAbout(lake, filter, shown)).then(identitiesSection),
    loadLinks(ask).then(linksSection),
    loadHours(ask).then(hoursSection),
    loadSent(),
    loadTests(ask).then(testsSection),
    loadLatencies(askAbout(lake, filter, shown), period).then((latencies) => latencySection(latencies, period)),
    failed.then((of) => loadBounceReasons(askAbout(of, filter, period))).then(bouncesSection),
    failed.then((of) => loadDelays(askAbout(of, filter, period))).then((found) => delaysSection(found, period)),
    property && loadParts(ask, property).then(partsSection),
    loadThresholds(askAbout(lake, {})),
    // The latest sends, however long ago.
    loadStandings(askAbout(lake, filter, { from: '0000-01-01', to: period.to })),
    loadUnpublished(ask),
  ]);
  const current = cells.filter(({ date }) => date >= period.from);
  const marks = numbered(found.incidents, TOLD);
  const summary = summaryOf(found, causes, accounts, period, thresholds);
  const figures = figuresOf(headline);
  const sections = [
    summarySection(summary, unpublished),
    headlineSection(figures, days, period, newest),
    deliverySection(days, period, marks, thresholds, newest),
    providersSection(cells, current, period, marks),
    parts,
    bounces,
    delays,
    identities,
    latency,
    campaignsSection(sent.campaigns, sent.reach, current),
    tests,
    links,
    hours,
  ].filter((section) => section !== null);
  return { sections, summary, figures };
}
