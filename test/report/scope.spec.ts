import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderReport } from '#report/index.ts';
import { askAbout, type Filter, type ReportLake } from '#report/scope.ts';
import { type LakeFixture, lakeFixture } from '#test/sql/lake-fixture.ts';
import { outcome } from '#test/sql/outcome-rows.ts';
import { parsed, words } from './page-tags.ts';

describe('the mail of a filter', () => {
  let lake: LakeFixture;
  let report: ReportLake;
  beforeAll(async () => {
    lake = await lakeFixture();
    report = { views: lake.views, engine: lake, settings: { dimensions: ['team', 'template'] } };
    const mails = [
      ['1', 'acme', 'blue', 'welcome'],
      ['2', 'acme', 'red', 'welcome'],
      ['3', 'globex', 'blue', null],
      ['4', null, null, null],
    ] as const;
    await lake.insert(
      'recipient_messages',
      mails.map(([id, tenant, dimension_1, dimension_2]) =>
        outcome(id, { tenant, dimension_1, dimension_2, from_domain: `${id}.example` }),
      ),
    );
    await lake.insert(
      'headers',
      mails.map(([message_id]) => ({
        ...{ message_id, from_domain: `${message_id}.example`, position: 0, name: 'Subject', name_lower: 'subject' },
        ...{ value: 'x', dt: '2026-03-02' },
      })),
    );
  });
  afterAll(() => lake.close());

  const domains = async (filter: Filter, view: string): Promise<string> => {
    const rows = await askAbout(report, filter)(`select from_domain from ${view} group by 1 order by 1`);
    return rows.map((row) => row.text('from_domain').charAt(0)).join('');
  };

  test.each<[Filter, string]>([
    [{}, '1234'],
    [{ tenant: 'acme' }, '12'],
    [{ dimensions: { team: 'blue' } }, '13'],
    [{ tenant: 'acme', dimensions: { team: 'blue', template: 'welcome' } }, '1'],
    [{ tenant: 'acme', domain: '2.example' }, '2'],
    [{ tenant: "' or true --" }, ''],
  ])('%j is that mail and no other, in views of mails and of headers', async (filter, expected) => {
    expect(await domains(filter, 'deliverability_facts')).toBe(expected);
    expect(await domains(filter, 'sender_requirements')).toBe(expected);
  });

  test('a page says which mail it is about, and takes it apart by what is asked', async () => {
    const page = parsed((await renderReport(report, { dimensions: { team: 'blue' }, by: 'tenant' })).toString());
    expect(words(page.querySelector('.filter'))).toBe('Only mail with team blue.');
    const names = 'section[aria-labelledby=parts] tbody th';
    expect(page.querySelectorAll(names).map(words)).toEqual(['acme', 'globex']);
    expect(words(page.querySelector('section[aria-labelledby=parts] tbody td'))).toBe('1');
    const all = parsed((await renderReport(report, { by: 'team' })).toString());
    expect(all.querySelectorAll(names).map(words)).toEqual(['blue', 'red', 'Mail that has none']);
  });

  test('what is no dimension, or no value of one, is refused with what there is', async () => {
    await expect(renderReport(report, { dimensions: { team: 'blu' } })).rejects.toMatchObject({
      message: '--dimension team: no mail of blu in the lake',
      hint: 'did you mean blue?',
    });
    await expect(renderReport(report, { tenant: 'nobody at all' })).rejects.toMatchObject({
      hint: 'its tenants with most mail are acme, globex',
    });
    await expect(renderReport(report, { dimensions: { colour: 'blue' } })).rejects.toMatchObject({
      message: '--dimension colour: colour is no dimension of this lake',
      hint: 'there are: team, template',
    });
    await expect(renderReport(report, { by: 'colour' })).rejects.toMatchObject({
      hint: 'there are: campaign, domain, tenant; team, template',
    });
  });
});
