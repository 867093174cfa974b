import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { renderReport, writeReport } from '#report/index.ts';
import { later } from '#report/period.ts';
import { parsed, words } from './page-tags.ts';
import { FIRST, fact, NOTHING, quarter, type Story } from './story.ts';
import { storyLake } from './story-lake.ts';

const render = async (story: Story, options = {}): Promise<string> =>
  (await renderReport(await storyLake(story), options)).toString();

const QUARTER = await storyLake(quarter());
const renderQuarter = async (options = {}) => (await renderReport(QUARTER, options)).toString();
const QUARTER_PAGE = await renderQuarter();
const CAMPAIGN_PAGE = await renderQuarter({ domain: 'News.shop.example', campaign: 'autumn-sale' });
const MONTH = quarter({ days: 28, incident: 23, size: 200 });

describe('the report', () => {
  test('tells the incident first, with its numbers, its reason and what to do', () => {
    const [section] = parsed(QUARTER_PAGE).querySelectorAll('main section');
    const told = words(section?.querySelector('.incident'));
    expect(told).toMatch(
      /^1 On Wednesday 15 October Microsoft turned away [67]\d\.\d% of the mail sent there: \d+ of \d+, where \d\.\d\d% was expected\. /,
    );
    expect(told).toContain('of it was from news.shop.example and of the campaign autumn-sale.');
    expect(told).toContain(
      'The most frequent answer, 5.7.1, means: Refused by policy; often as spam or for a block list.',
    );
    expect(told).toMatch(/Servers said “smtp; answer of outlook\.com” \(all \d+ times\)\./);
    expect(told).toContain('What to do: Read the diagnostic; check block lists');
  });

  test('is the same page where the engine keeps what several questions read, and where it tries to in vain', async () => {
    const { engine } = QUARTER;
    const kept: string[] = [];
    const keep = async (select: string): Promise<string> => {
      const name = `kept_${kept.push(select)}`;
      await engine.query(`create table ${name} as ${select}`);
      return name;
    };
    const pages = async (how: (select: string) => Promise<string>) => {
      const lake = { ...QUARTER, engine: { query: (sql: string) => engine.query(sql), keep: how } };
      const campaign = { domain: 'News.shop.example', campaign: 'autumn-sale' };
      return [await renderReport(lake, {}), await renderReport(lake, campaign)].map(String);
    };
    expect(await pages(keep)).toEqual([QUARTER_PAGE, CAMPAIGN_PAGE]);
    expect(kept).toHaveLength(4);
    expect(await pages(() => Promise.reject(new Error('full')))).toEqual([QUARTER_PAGE, CAMPAIGN_PAGE]);
  });

  test('names the sending address that most of the answers are about', async () => {
    const said = (address: string): string =>
      `smtp; 550 5.7.1 messages from [198.51.100.7] were not sent: https://answers.example/?rcpt=${address}`;
    // Alerts keep these words for good, so no address may be among them, however it is encoded.
    const diagnostic = said('%61nn%40example.org');
    const facts = MONTH.facts.map((row) => (row.status === '5.7.1' ? { ...row, diagnostic } : row));
    const told = words(parsed(await render({ ...MONTH, facts })).querySelector('.incident'));
    expect(told).toContain(`Servers said “${said('<address>')}” (`);
    expect(told).toContain('of it is about the sending address 198.51.100.7.');
  });

  test('shows identities, what their mail lacks, and who should get no more mail', () => {
    const section = parsed(QUARTER_PAGE).querySelector('section[aria-labelledby=identities]');
    const rows = section?.querySelectorAll('table tbody').map((body) => body.querySelectorAll('tr').map(words)) ?? [];
    expect(rows[0]?.some((row) => row.startsWith('news.shop.example'))).toBe(true);
    const reasons = rows.at(-1)?.map((row) => /^[a-z ]+/.exec(row)?.[0]);
    expect(reasons?.sort()).toEqual(['complaint', 'hard bounce', 'unsubscribe']);
  });

  test('marks the incident on the charts that show it', () => {
    const document = parsed(QUARTER_PAGE);
    const marks = (id: string) =>
      document.querySelectorAll(`#${id} svg text`).filter(({ textContent }) => textContent === '1').length;
    expect(['volume', 'delivery-rate', 'bounce-rate', 'complaint-rate'].map(marks)).toEqual([2, 1, 1, 0]);
  });

  test('says so when nothing stands out', async () => {
    const document = parsed(await render(quarter({ days: 28, incident: null, size: 200 })));
    expect(document.querySelector('.incident')).toBeNull();
    expect(words(document.querySelector('.calm'))).toMatch(/^No incident/);
  });

  test('shows the period’s sums, with the change against the days before', async () => {
    const facts = [
      fact({ send_date: '2025-09-01', sent: 2000, delivered: 1900, hard: 100 }),
      fact({ send_date: '2025-09-15', sent: 3000, delivered: 2970, hard: 30 }),
      fact({ send_date: '2025-09-20', sent: 1000, delivered: 990, hard: 10 }),
    ];
    const document = parsed(await render({ ...NOTHING, facts }, { from: '2025-09-11', to: '2025-09-20' }));
    expect(document.querySelectorAll('.tile').map(words)).toEqual([
      'Sent 4,000 mails, counted by recipient +100%',
      'Delivered 99.0% 3,960 delivered of 4,000 sent +4.0 points better after 24 h',
      'Hard bounces 1.00% 40 bounced permanently of 4,000 sent −4.0 points better after 24 h',
      'Soft bounces 0% 0 bounced temporarily of 4,000 sent no change after 24 h',
      'Complaints – no provider that reports them',
      'Human opens – not observable: opens are not tracked, or nearly all are hidden',
      'Clicks – not observable: clicks are not tracked',
      'Unsubscribes 0% 0 unsubscribed of 3,960 delivered no change after 72 h',
    ]);
  });

  test('compares the periods at the same age: without days whose hours were not over in the data', async () => {
    const day = (send_date: string, humanOpens: number) =>
      fact({ send_date, sent: 1000, delivered: 1000, opens: humanOpens, humanOpens });
    const facts = [day('2025-09-01', 300), day('2025-09-02', 300), day('2025-09-03', 300), day('2025-09-04', 0)];
    const quality = quarter({ days: 1 }).quality.map((row) => ({ ...row, newest_delivered_at: '2025-09-07 10:00:00' }));
    const page = parsed(await render({ ...NOTHING, facts, quality }, { from: '2025-09-03', to: '2025-09-04' }));
    // The fourth is too young for 72 hours, so the second is left out as well: 30 % against 30 %.
    expect(words(page.querySelectorAll('.tile')[5])).toBe(
      'Human opens 15.0% 300 opened by people of 2,000 trackable mails no change after 72 h',
    );
    expect(words(page.querySelectorAll('.tile')[1])).toContain('no change after 24 h');
    const young = quality.map((row) => ({ ...row, newest_delivered_at: '2025-09-05 10:00:00' }));
    const younger = parsed(
      await render({ ...NOTHING, facts, quality: young }, { from: '2025-09-03', to: '2025-09-04' }),
    );
    expect(words(younger.querySelectorAll('.tile')[5])).toContain('too young to compare');
  });

  test('names the campaigns in order of mail, and the rest together, to the same sum', async () => {
    const facts = Array.from({ length: 40 }, (_, i) =>
      fact({ send_date: later(FIRST, i % 5), campaign_id: `c${i}`, sent: 100 - i, delivered: 100 - i }),
    );
    const rows = parsed(await render({ ...NOTHING, facts })).querySelectorAll(
      'section[aria-labelledby=campaigns] tbody tr',
    );
    expect(rows.map((row) => words(row.querySelector('th')))).toEqual([
      ...Array.from({ length: 15 }, (_, i) => `c${i}`),
      '25 more campaigns',
    ]);
    const sent = rows.map((row) => Number(words(row.querySelectorAll('td')[1]).replaceAll(',', '')));
    expect(sent.reduce((sum, n) => sum + n, 0)).toBe(facts.reduce((sum, row) => sum + row.sent, 0));
  });

  test('says which treatment did better, and gives the intervals', async () => {
    const section = parsed(QUARTER_PAGE).querySelector('section[aria-labelledby=tests]');
    expect(words(section?.querySelector('.results'))).toMatch(
      /^autumn-sale: B was opened more than A: 4\d\.\d% against 3\d\.\d%\./,
    );
    expect(words(section?.querySelector('.estimate'))).toMatch(/^3\d\.\d%$/);
    expect(section?.querySelectorAll('.estimate svg').length).toBeGreaterThanOrEqual(4);
  });

  test('takes opens for hidden where a campaign has none, and not where one provider of several has none, as the views do', async () => {
    const mail = { send_date: FIRST, sent: 30, delivered: 30 };
    const facts = [
      fact({ ...mail, campaign_id: 'tracked', domain: 'web.de', opens: 9, humanOpens: 9 }),
      fact({ ...mail, campaign_id: 'tracked', domain: 'gmail.com' }),
      fact({ ...mail, campaign_id: 'untracked', domain: 'gmail.com' }),
    ];
    const document = parsed(await render({ ...NOTHING, facts }));
    const opened = (section: string) =>
      [...document.querySelectorAll(`section[aria-labelledby=${section}] > .scroll tbody tr`)].map((line) =>
        [line.querySelector('th'), line.querySelector(`td:nth-child(7)`)].map((cell) => words(cell)),
      );
    expect(opened('providers')).toEqual([
      ['Gmail', '0%'],
      ['WEB.DE', '30.0%'],
    ]);
    expect(opened('campaigns')).toEqual([
      ['tracked', '15.0%'],
      ['untracked', '–'],
    ]);
  });

  test('says where a rate stands: past a limit, or of nothing that can be observed', async () => {
    const facts = [fact({ send_date: FIRST, sent: 1000, delivered: 970, hard: 30, domain: 'gmail.com' })];
    const document = parsed(await render({ ...NOTHING, facts }));
    expect([...document.querySelectorAll('.standing li')].map((line) => words(line))).toEqual([
      'OK Hard bounces: 3.00% of the latest 1,000 mails, past the limit of 2% (recommended by SES), as chance or a recommendation allows.',
      'Not observable Complaints: no mail reached a provider that reports them.',
      'Not observable Complaints at Gmail: Gmail tells senders of none; its Postmaster Tools have the rate.',
    ]);
  });

  test.each([
    [
      55,
      'OK Hard bounces: 5.50% of the latest 1,000 mails, past the limit of 5% (SES reviews), as chance or a recommendation allows.',
    ],
    [
      110,
      'Watch Hard bounces: 11.0% of the latest 1,000 mails, past the limit of 10% (SES may pause), which so few mails don’t prove.',
    ],
    [150, 'Act Hard bounces: 15.0% of the latest 1,000 mails, past the limit of 10% (SES may pause).'],
  ])('says of %i hard bounces of 1,000 whether they are past a limit by chance', async (hard, said) => {
    const facts = [fact({ send_date: FIRST, sent: 1000, delivered: 1000 - hard, hard, domain: 'gmail.com' })];
    const document = parsed(await render({ ...NOTHING, facts }));
    expect(words(document.querySelector('.standing li'))).toBe(said);
  });

  test('counts links that have no line of their own', async () => {
    const facts = Array.from({ length: 20 }, (_, i) =>
      fact({ send_date: FIRST, sent: 30, delivered: 30, clicks: 25 - i, link: `https://shop.example/${i}` }),
    );
    const section = parsed(await render({ ...NOTHING, facts })).querySelector('section[aria-labelledby=links]');
    expect(section?.querySelectorAll('tbody tr').length).toBe(15);
    expect(words(section)).toMatch(/5 more links had 40 clicks\.$/);
  });

  test('tells the hour of most sendings and opens', () => {
    const section = parsed(QUARTER_PAGE).querySelector('section[aria-labelledby=hours]');
    expect(words(section?.querySelector('#hours-sent .description'))).toMatch(
      /^Most on \w+days from 09:00 to 10:00: \d/,
    );
    expect(words(section?.querySelector('#hours-opens .description'))).toMatch(
      /^Most on \w+days from 1\d:00 to 1\d:00: \d/,
    );
  });

  test('tells percentiles of the time to delivery, in words, over time and by provider', () => {
    const section = parsed(QUARTER_PAGE).querySelector('section[aria-labelledby=latency]');
    expect(words(section?.querySelector('p'))).toMatch(
      /^Half of the mail was delivered within 5 s of its sending, 95 of 100 within 9 s; none took longer than a minute\.$/,
    );
    const rows = section?.querySelectorAll('.scroll:last-of-type tbody tr') ?? [];
    expect(words(rows.at(-1))).toMatch(/^All[\d,]+5 s9 s9 s9 s0%$/);
  });

  test('is about the mail of one campaign or sending domain, if asked', () => {
    const page = parsed(CAMPAIGN_PAGE);
    expect(words(page.querySelector('.filter'))).toBe('Only mail of the campaign autumn-sale from news.shop.example.');
    expect(words(page.querySelector('section[aria-labelledby=campaigns] tbody'))).toMatch(/^autumn-sale/);
    expect(
      page.querySelectorAll('section[aria-labelledby=campaigns] tbody tr th').filter((th) => words(th) !== '').length,
    ).toBeGreaterThan(0);
    const part = Number(words(page.querySelector('.tile .figure')).replaceAll(',', ''));
    const whole = Number(words(parsed(QUARTER_PAGE).querySelector('.tile .figure')).replaceAll(',', ''));
    expect(part).toBeGreaterThan(0);
    expect(part).toBeLessThan(whole / 2);
  });

  test('names what is near when there is no such campaign or sending domain', async () => {
    await expect(renderQuarter({ campaign: 'autum-sale' })).rejects.toMatchObject({
      name: 'UsageError',
      message: '--campaign: no mail of autum-sale in the lake',
      hint: 'did you mean autumn-sale?',
    });
    await expect(renderQuarter({ domain: 'elsewhere.test' })).rejects.toMatchObject({
      name: 'UsageError',
      hint: 'its sending domains with most mail are news.shop.example, shop.example',
    });
  });

  test('says so when nothing was sent in the period, and when there was mail', async () => {
    const page = parsed(await renderQuarter({ from: '2025-01-01', to: '2025-01-31' }));
    expect(words(page.querySelector('main section'))).toMatch(
      /^No mail in this period Nothing was sent in 1–31 Jan 2025\. The lake has [\d,]+ mails sent in 4 Aug – 1 Nov 2025: --from 2025-08-04 --to 2025-11-01\.$/,
    );
    expect(page.querySelector('section[aria-labelledby=quality]')).not.toBeNull();
  });

  test('gives the same bytes for the same data, whatever was drawn before', async () => {
    // the page of the campaign was drawn since
    expect((await renderQuarter()) === QUARTER_PAGE).toBe(true);
  });

  test('is written as one file of the bytes it says', async () => {
    const out = join(tmpdir(), `report-${process.pid}.html`);
    const { bytes } = await writeReport(await storyLake(NOTHING), { out });
    expect((await readFile(out)).length).toBe(bytes);
  });

  test('is friendly without any mail', async () => {
    const document = parsed(await render(NOTHING));
    expect(words(document.querySelector('main h2'))).toBe('No mail yet');
    expect(document.querySelectorAll('svg').length).toBe(0);
  });

  test('reads well with ten mails of one day', async () => {
    const text = await render({
      ...NOTHING,
      facts: [fact({ send_date: '2025-09-01', sent: 10, hard: 1, delivered: 9 })],
    });
    const document = parsed(text);
    expect(words(document.querySelector('.calm'))).toMatch(/^There is too little mail/);
    expect(words(document.querySelector('.standing'))).toContain(
      'Too few Hard bounces: 1 of the latest 10 mails, too few to judge',
    );
    // Nothing is said of lines that can't be drawn of one day, and the day's name is under its bar.
    expect(words(document.querySelector('section[aria-labelledby=headline]'))).not.toContain('Lines show');
    const chart = document.querySelector('#volume .wide svg');
    const bar = chart?.querySelector('[aria-hidden] rect, g rect');
    const middle = Number(bar?.getAttribute('x')) + Number(bar?.getAttribute('width')) / 2;
    const tick = [...(chart?.querySelectorAll('text') ?? [])].find((one) => words(one) === '1 Sep');
    expect(/translate\(([\d.]+)/.exec(tick?.getAttribute('transform') ?? '')?.[1]).toBe(String(middle));
    expect(text).not.toMatch(/NaN|Infinity|undefined|\[object/);
  });

  test('reads well over three years, of many providers and campaigns', async () => {
    const facts = Array.from({ length: 156 }, (_, week) =>
      fact({
        send_date: later('2022-08-01', week * 7),
        domain:
          [
            'gmail.com',
            'gmx.de',
            'qq.com',
            '163.com',
            'naver.com',
            'libero.it',
            'orange.fr',
            'mail.ru',
            'yandex.ru',
            'proton.me',
            'comcast.net',
            'free.fr',
            'web.de',
            'aol.com',
            'hotmail.de',
          ][week % 15] ?? '',
        campaign_id: `week-${week}`,
        sent: 50,
        delivered: 49,
        opens: 20,
        humanOpens: 20,
      }),
    );
    const text = await render({ ...NOTHING, facts }, { from: '2022-08-01', to: '2025-07-31' });
    expect(text).not.toMatch(/NaN|Infinity|undefined|\[object/);
    expect(text.length).toBeLessThan(900_000);
    const document = parsed(text);
    // Bars and cells of four weeks each.
    expect(document.querySelectorAll('#volume tbody tr').length).toBe(39);
    expect(words(document.querySelector('section[aria-labelledby=providers]'))).toMatch(/\d more providers/);
  });

  test('says so when records are not accounted for', async () => {
    const quality = MONTH.quality.map((row, i) => ({ ...row, records: row.records + (i === 3 ? 2 : 0) }));
    const document = parsed(await render({ ...NOTHING, quality }));
    expect(words(document.querySelector('section[aria-labelledby=quality] p'))).toContain(
      '2 records of 145,602 are not accounted for: run an audit.',
    );
  });

  test('says what the last audit found', async () => {
    const said = async (audit: Story['audit']) =>
      words(
        parsed(await render({ ...NOTHING, quality: MONTH.quality, audit })).querySelectorAll(
          'section[aria-labelledby=quality] p',
        )[1],
      );
    expect(await said(null)).toMatch(/^No audit The lake has not been audited yet/);
    expect(await said({})).toBe('OK The last audit, 5 Nov 2025, 04:00 UTC, found nothing wrong.');
    expect(await said({ open_unit: 2, stray_file: 1 })).toBe(
      'Act The last audit, 5 Nov 2025, 04:00 UTC, found 3 things not as it should be: open_unit 2, stray_file 1. lake audit --repair does what is missing.',
    );
  });

  test('takes its age from the data', () => {
    expect(words(parsed(QUARTER_PAGE).querySelector('header'))).toContain('Data as of 1 Nov 2025, 23:58 UTC.');
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
    expect(figures.map(({ id }) => id)).toEqual([
      'volume',
      'delivery-rate',
      'bounce-rate',
      'complaint-rate',
      'engagement',
      'providers-heat',
      'latency-days',
      'reach',
      'hours-sent',
      'hours-opens',
      'hours-clicks',
    ]);
    for (const figure of figures) {
      expect(words(figure.querySelector('h3'))).not.toBe('');
      expect(words(figure.querySelector('.description'))).not.toBe('');
      const rows = figure.querySelectorAll('details tbody tr').length;
      if (/^(volume|.*-rate|engagement|.*-heat|.*-days)$/.test(figure.id)) expect(rows).toBe(84);
      else expect(rows).toBeGreaterThanOrEqual(24);
      for (const drawing of figure.querySelectorAll('svg')) expect(drawing.getAttribute('aria-hidden')).toBe('true');
    }
  });
});
