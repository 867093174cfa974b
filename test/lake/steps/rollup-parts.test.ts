/** A send day with more events than one query can hold. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DAY_MS } from '#lake/days.ts';
import { audit } from '#lake/steps/audit.ts';
import { collect } from '#lake/steps/collect.ts';
import { ranges } from '#lake/steps/rollup/parts.ts';
import { rollup } from '#lake/steps/rollup.ts';
import { recipientMessages } from '#lake/tables/index.ts';
import { columnNames } from '#lake/tables/table.ts';
import {
  ndjson,
  rawKey,
  SENT,
  sesBounce,
  sesClick,
  sesComplaint,
  sesDelivery,
  sesOpen,
  sesSend,
} from '#test/records.ts';
import { type SmallLake, smallLake } from '#test/small-lake.ts';
import { age, keysOf } from './aged.ts';

const DT = '2026-10-05';
const MAILS = 12;
let small: SmallLake;

beforeEach(async () => {
  small = await smallLake();
});
afterEach(() => small.close());

const columns = columnNames(recipientMessages).filter((name) => name !== 'as_of');
const rows = (): Promise<unknown> => small.rows(`select ${columns.join(', ')} from recipient_messages order by 1, 2`);

/** Mail of one configuration set; only what happens to some of it, days later, shows what is published of all. */
const mails = (): object[] =>
  Array.from({ length: MAILS }, (_, i) => {
    const mail = { messageId: `m${String(i).padStart(2, '0')}`, to: ['ann@example.org'] };
    const later = { ...mail, at: SENT + 3 * DAY_MS };
    // a part's worth of mail that shows nothing of its own
    if (i < 5) return [sesBounce(mail)];
    const more: Readonly<Record<number, object>> = { 6: sesOpen(later), 7: sesClick(later), 11: sesComplaint(later) };
    return [sesSend(mail), sesDelivery(later), ...(more[i] ? [more[i]] : [])];
  }).flat();

const rollUp = (rowsAtOnce: number) => {
  const { ports, settings, views, rollupSelect: select } = small.lake;
  return rollup(ports, { settings, views, select, rowsAtOnce, damaged: new Set([DT]) });
};

/** Of the newest generation, without the run's random name. */
const partsOf = async (): Promise<string[]> => {
  const [partition] = await small.lake.ports.catalog.locations('recipient_messages', [DT]);
  const location = partition?.location ?? '';
  return (await keysOf(small, location)).map((key) => key.slice(location.length));
};

describe('a send day with more events than one query can hold', () => {
  test('is computed in parts below one location, with the rows of one query; superseded parts are collected', async () => {
    small.put(rawKey(SENT, 'a'), ndjson(...mails()));
    await small.run();
    const whole = await rows();
    expect(await partsOf()).toEqual(['part-0.parquet']);
    // 12 sends and bounces of that day, 10 events of later days
    expect(await rollUp(8)).toEqual([{ dt: DT, rows: MAILS }]);
    expect(await partsOf()).toEqual([0, 1, 2].map((i) => `${i}/part-0.parquet`));
    expect(await rows()).toEqual(whole);
    expect(
      await small.rows(
        'select distinct is_send_published, is_open_published, is_click_published, is_complaint_published, is_unsubscribe_published from recipient_messages',
      ),
    ).toEqual([
      {
        is_send_published: true,
        is_open_published: true,
        is_click_published: true,
        is_complaint_published: true,
        is_unsubscribe_published: false,
      },
    ]);
    expect((await audit(small.lake.ports)).drifts).toEqual([]);

    expect(await rollUp(1000)).toEqual([{ dt: DT, rows: MAILS }]);
    age(small, 25);
    const removed = (await collect(small.lake.ports)).filter(({ why }) => why === 'superseded');
    expect(removed.map(({ key }) => key.split('/').slice(-3).join('/')).sort()).toEqual([
      expect.stringMatching(/\/dt=2026-10-05\/part-0\.parquet$/),
      ...[0, 1, 2].map((i) => `dt=${DT}/${i}/part-0.parquet`),
    ]);
    expect(await rows()).toEqual(whole);
    expect((await audit(small.lake.ports)).drifts).toEqual([]);
  });
});

test.each([
  ['even ids', ['c', 'a', 'b', 'd'], 2, ["message_id < 'c'", "message_id >= 'c'"]],
  ['one id many times', ['a', 'a', 'a', 'a'], 3, ["message_id < 'a'", "message_id >= 'a'"]],
  ['a quote in an id', ["a'", "b'"], 2, ["message_id < 'b'''", "message_id >= 'b'''"]],
  ['ids whose order engines may see otherwise', ['\u{1f600}', '\uffff', 'a b'], 3, ['']],
  ['no ids', [], 4, ['']],
])('ranges of %s leave no message id out, and have none twice', (_, ids, count, expected) => {
  expect(ranges(ids, count)).toEqual(expected);
});
