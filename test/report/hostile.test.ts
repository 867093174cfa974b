import { describe, expect, test } from 'vitest';
import { renderReport } from '#report/index.ts';
import { parsed, type Tag, words } from './page-tags.ts';
import { type Fact, FIRST, fact, NOTHING, quarter, type Story } from './story.ts';
import { storyLake } from './story-lake.ts';

const render = async (story: Story, options = {}): Promise<string> =>
  (await renderReport(await storyLake(story), options)).toString();

const MONTH = quarter({ days: 28, incident: 23, size: 200 });

describe('hostile data', () => {
  const EVIL = `"><script>alert(1)</script><img src=x onerror=alert(2)>'\`\${7*7}</title></style></svg>&lt;b&gt;`;
  const ANSI = '\x1b[31mred\x07\0\u202egnp.exe';

  test('fault 34: HTML, entities and escapes in names, links, tags and diagnostics are shown as text, nothing more', async () => {
    const evil = EVIL + ANSI;
    const spoil = (row: Fact): Fact => ({
      ...row,
      from_domain: row.from_domain === 'news.shop.example' ? evil : row.from_domain,
      campaign_id: row.campaign_id === 'autumn-sale' ? evil : row.campaign_id,
      treatment_id: row.treatment_id === 'B' ? evil : row.treatment_id,
      status: row.status === '4.2.2' ? evil : row.status,
      diagnostic: evil,
      subject: evil,
      link: row.campaign_id === 'autumn-sale' ? `javascript:alert(1)//${evil}` : '=cmd|calc',
    });
    const hostile = await render({ ...MONTH, facts: MONTH.facts.map(spoil) }, { title: evil });
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

    const shown = `${EVIL}␛[31mred␇␀\ufffdgnp.exe`;
    expect(document.querySelector('h1')?.textContent).toBe(shown);
    const texts = (selector: string) => document.querySelectorAll(selector).map(({ textContent }) => textContent);
    expect(texts('section[aria-labelledby=campaigns] bdi')).toContain(shown);
    expect(texts('section[aria-labelledby=tests] bdi')).toContain(shown);
    expect(texts('.example bdi')).toContain(shown);
    expect(texts('.link')).toContain('=cmd|calc');
    expect(texts('.link').some((text) => text?.startsWith('javascript:alert(1)//"><script>'))).toBe(true);
    expect(document.querySelector('.incident')?.textContent).toContain(`of the campaign ${shown}`);
  });

  test('a hostile name asked for is no SQL', async () => {
    const lake = await storyLake({ ...NOTHING, facts: [fact({ send_date: FIRST, campaign_id: "o'neil", sent: 5 })] });
    const page = parsed((await renderReport(lake, { campaign: "o'neil" })).toString());
    expect(words(page.querySelector('.tile .figure'))).toBe('5');
    await expect(renderReport(lake, { campaign: "' or true --" })).rejects.toThrow('no mail of');
  });

  test('a NUL in a campaign’s name is a character like any other', async () => {
    const facts = [fact({ send_date: FIRST, campaign_id: 'a\0b', sent: 5 }), fact({ send_date: FIRST, sent: 7 })];
    const lake = await storyLake({ ...NOTHING, facts });
    const figure = async (options = {}) =>
      words(parsed((await renderReport(lake, options)).toString()).querySelector('.tile .figure'));
    expect(await figure({ campaign: 'a\0b' })).toBe('5');
    expect(await figure()).toBe('12');
  });
});
