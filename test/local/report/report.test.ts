import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import { renderReport, writeReport } from '#local/report/index.ts';
import { fact, NOTHING, quarter, type Story } from './story.ts';
import { storyEngine } from './story-engine.ts';

const render = async (story: Story, options = {}): Promise<string> =>
  (await renderReport(await storyEngine(story), options)).toString();

/** What these tests use of the DOM, whose types the project doesn't load. */
interface Tag {
  tagName: string;
  id: string;
  textContent: string | null;
  attributes: Iterable<{ name: string; value: string }>;
  getAttribute(name: string): string | null;
  querySelector(selector: string): Tag | null;
  querySelectorAll(selector: string): Tag[];
}

const parsed = (text: string): Tag & { documentElement: Tag } => parseHTML(text).document;

/** What is read, white space made single. */
const words = (element: Tag | null | undefined): string => (element?.textContent ?? '').replace(/\s+/g, ' ').trim();

const QUARTER = quarter();
const QUARTER_PAGE = await render(QUARTER);
const MONTH = quarter({ days: 28, incident: 20 });

describe('the report', () => {
  test('tells the incident first, with its numbers, its reason and what to do', async () => {
    const document = parsed(QUARTER_PAGE);
    const [section] = document.querySelectorAll('main section');
    const told = words(section?.querySelector('.incident'));
    expect(told).toMatch(/^On Monday 12 October Microsoft turned away 7\d\.\d% of the mail sent to it, \d+ of \d+; /);
    expect(told).toContain('The most frequent answer, 5.7.1, means: The provider refuses mail by policy.');
    expect(told).toContain('What to do: Check authentication and reputation, and ask the provider.');
  });

  test('says so when nothing stands out', async () => {
    const document = parsed(await render(quarter({ days: 28, incident: null })));
    expect(document.querySelector('.incident')).toBeNull();
    expect(words(document.querySelector('.calm'))).toBe(
      'No mailbox provider turned away unusually much mail on any day.',
    );
  });

  test('shows the period’s sums, with the change against the days before', async () => {
    const facts = [
      fact({ send_date: '2026-09-01', sent: 2000, delivered: 1900, hard_bounces: 100, trackable_delivered: 1900 }),
      fact({ send_date: '2026-09-15', sent: 3000, delivered: 2970, hard_bounces: 30, trackable_delivered: 2970 }),
      fact({ send_date: '2026-09-20', sent: 1000, delivered: 990, hard_bounces: 10, trackable_delivered: 990 }),
    ];
    const document = parsed(await render({ ...NOTHING, facts }, { from: '2026-09-11', to: '2026-09-20' }));
    const tiles = document.querySelectorAll('.tile').map((tile) => words(tile));
    expect(tiles).toEqual([
      'Sent 4,000 mails, counted by recipient +100%',
      'Delivered 99.00% 3,960 delivered of 4,000 sent +4.0 points better',
      'Hard bounces 1.00% 40 bounced for good of 4,000 sent −4.0 points better',
      'Soft bounces 0% 0 bounced for now of 4,000 sent no change',
      'Complaints – no provider that reports them',
      'Human opens – no open was seen: tracking may be off',
      'Clicks – no click was seen: tracking may be off',
      'Unsubscribes 0% 0 unsubscribed of 3,960 delivered no change',
    ]);
  });

  test('puts the treatments of a test below their campaign, and the campaigns in order of mail', async () => {
    const document = parsed(QUARTER_PAGE);
    const rows = document.querySelectorAll('section[aria-labelledby=campaigns] tbody tr');
    const names = rows.map((row) => words(row.querySelector('th')));
    expect(names.slice(0, 5)).toEqual([
      'autumn-sale',
      'A',
      'B',
      'Mail without a campaign',
      expect.stringMatching(/^newsletter/),
    ]);
    const sent = rows.slice(0, 3).map((row) => Number(words(row.querySelectorAll('td')[1]).replaceAll(',', '')));
    expect(sent[0]).toBe((sent[1] ?? 0) + (sent[2] ?? 0));
  });

  test('gives the same bytes for the same data, whatever was drawn before', async () => {
    const first = await render(QUARTER);
    await render(quarter({ days: 8, size: 50 }));
    expect(QUARTER_PAGE).toBe(first);
  });

  test('is written as one file of the bytes it says', async () => {
    const out = join(tmpdir(), `report-${process.pid}.html`);
    const { bytes } = await writeReport(await storyEngine(NOTHING), { out });
    expect((await readFile(out)).length).toBe(bytes);
  });

  test('is friendly without any mail', async () => {
    const document = parsed(await render(NOTHING));
    expect(words(document.querySelector('main h2'))).toBe('No mail yet');
    expect(document.querySelectorAll('svg').length).toBe(0);
  });

  test('reads well with ten mails of one day', async () => {
    const facts = [
      fact({
        send_date: '2026-09-01',
        sent: 10,
        delivered: 9,
        hard_bounces: 1,
        reputation_sent: 10,
        trackable_delivered: 9,
      }),
    ];
    const text = await render({ ...NOTHING, facts });
    expect(words(parsed(text).querySelector('.standing'))).toContain('Too few Hard bounces: 0 of 10 mails');
    expect(text).not.toMatch(/NaN|Infinity|undefined|\[object/);
  });

  test('reads well with ten million mails', async () => {
    const text = await render(quarter({ size: 10_000_000 / 90 }));
    const document = parsed(text);
    expect(words(document.querySelector('.tile .figure'))).toMatch(/^\d\.\d\d M$/);
    expect(text).not.toMatch(/NaN|Infinity|undefined|\[object/);
    expect(text.length).toBeLessThan(600_000);
  });

  test('says so when records are not accounted for', async () => {
    const quality = MONTH.quality.map((row, i) => ({ ...row, records: row.records + (i === 3 ? 2 : 0) }));
    const document = parsed(await render({ ...MONTH, quality }));
    expect(words(document.querySelector('section[aria-labelledby=quality] p'))).toContain(
      '2 records of 145,602 are not accounted for: run an audit.',
    );
  });

  test('takes its age from the data', async () => {
    expect(words(parsed(QUARTER_PAGE).querySelector('.period'))).toContain('Data as of 31 Oct 2026, 23:58 UTC.');
  });
});

describe('the report as a document', () => {
  test('loads nothing and runs nothing', async () => {
    const text = QUARTER_PAGE;
    const document = parsed(text);
    expect(document.querySelectorAll('script, link, iframe, img, image, object, embed, use, base, form').length).toBe(
      0,
    );
    for (const element of document.querySelectorAll('*')) {
      for (const { name, value } of element.attributes) {
        expect(name).not.toMatch(/^on|^src|^xlink|^action|^data$|^poster/);
        if (name === 'href') expect(value).toMatch(/^#/);
        expect(value).not.toMatch(/https?:|url\(|javascript:/i);
      }
    }
    expect(document.querySelector('style')?.textContent).not.toMatch(/@import|url\(|https?:/);
    expect(document.querySelector('meta[http-equiv]')?.getAttribute('content')).toMatch(/^default-src 'none'/);
  });

  test('has a language, landmarks, one main heading and no skipped level', async () => {
    const document = parsed(QUARTER_PAGE);
    expect(document.documentElement.getAttribute('lang')).toBe('en');
    for (const landmark of ['header', 'main', 'footer', 'nav'])
      expect(document.querySelectorAll(landmark).length).toBe(1);
    const levels = document.querySelectorAll('h1, h2, h3, h4').map(({ tagName }) => Number(tagName.slice(1)));
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    for (const [i, level] of levels.entries()) expect(level - (levels[i - 1] ?? 0)).toBeLessThanOrEqual(1);
  });

  test('gives each id once, and every reference to one finds it', async () => {
    const document = parsed(QUARTER_PAGE);
    const ids = document.querySelectorAll('[id]').map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const references = document
      .querySelectorAll('[aria-labelledby], [aria-describedby], a[href]')
      .flatMap((element) =>
        ['aria-labelledby', 'aria-describedby', 'href'].map((name) => element.getAttribute(name)?.replace('#', '')),
      );
    for (const id of references) if (id) expect(ids).toContain(id);
  });

  test('has a title, a description and a table of the data for each chart', async () => {
    const figures = parsed(QUARTER_PAGE).querySelectorAll('figure');
    expect(figures.length).toBe(6);
    for (const figure of figures) {
      expect(words(figure.querySelector('h3'))).not.toBe('');
      expect(words(figure.querySelector('.description'))).not.toBe('');
      expect(figure.querySelectorAll('details tbody tr').length).toBe(84);
      for (const drawing of figure.querySelectorAll('svg')) expect(drawing.getAttribute('aria-hidden')).toBe('true');
    }
  });
});

describe('hostile data', () => {
  const EVIL = `"><script>alert(1)</script><img src=x onerror=alert(2)>'\`\${7*7}</title></style></svg>&lt;b&gt;`;
  const ANSI = '\x1b[31mred\x07\u202egnp.exe';

  test('fault 34: HTML, entities and escapes in names, links, tags and diagnostics are shown as text, nothing more', async () => {
    const evil = EVIL + ANSI;
    const story = {
      facts: MONTH.facts.map((row) => ({
        ...row,
        mailbox_provider: row.mailbox_provider === 'microsoft' ? evil : row.mailbox_provider,
        campaign_id: row.campaign_id === 'autumn-sale' ? evil : row.campaign_id,
        treatment_id: row.treatment_id === 'B' ? evil : row.treatment_id,
      })),
      bounces: MONTH.bounces.map((row) => ({
        ...row,
        mailbox_provider: row.mailbox_provider === 'microsoft' ? evil : row.mailbox_provider,
        enhanced_status: evil,
        meaning: evil,
        what_to_do: evil,
        example_diagnostic: evil,
      })),
      links: [`javascript:alert(1)//${evil}`, evil, '=cmd|calc'].map((link, i) => ({
        campaign_id: evil,
        link,
        clicks: 9 - i,
        human_clicks: 9 - i,
        unique_clicks: 9 - i,
      })),
      quality: MONTH.quality,
    };
    const hostile = await render(story, { title: evil });
    const document = parsed(hostile);
    const harmless = parsed(await render(MONTH));

    const kinds = (page: Tag) => new Set(page.querySelectorAll('*').map(({ tagName }) => tagName));
    expect(kinds(document)).toEqual(kinds(harmless));
    const attributes = (page: Tag) =>
      new Set(page.querySelectorAll('*').flatMap((element) => [...element.attributes].map(({ name }) => name)));
    expect(attributes(document)).toEqual(attributes(harmless));
    expect(hostile).not.toContain('<script');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is what is tested
    expect(hostile).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e]/);

    const shown = `${EVIL}␛[31mred␇\ufffdgnp.exe`;
    expect(document.querySelector('h1')?.textContent).toBe(shown);
    expect(document.querySelector('section[aria-labelledby=campaigns] bdi')?.textContent).toBe(shown);
    expect(document.querySelector('.incident')?.textContent).toContain(shown);
    const tooltips = document.querySelectorAll(
      '#providers-heat title, figure[aria-labelledby=providers-heat-title] title',
    );
    expect(tooltips.some(({ textContent }) => textContent?.startsWith('"><script>'))).toBe(true);
  });
});
