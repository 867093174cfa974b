/** On Trino, a send day with more events than one query may hold: what its parts make, and what they list. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ATHENA_ROLLUP } from '#aws/athena-engine.ts';
import { loadSql } from '#host/sql-folder.ts';
import { DAY_MS, utcDate } from '#lake/days.ts';
import type { Ports } from '#lake/ports.ts';
import { liveRoot, settledRoot } from '#lake/protocol/keys.ts';
import { openUnits } from '#lake/protocol/open-units.ts';
import { newestGeneration } from '#lake/protocol/records.ts';
import { planReach } from '#lake/steps/plan.ts';
import { type RolledUp, rollup } from '#lake/steps/rollup.ts';
import { settle } from '#lake/steps/settle.ts';
import { transform } from '#lake/steps/transform.ts';
import { events, recipientMessages } from '#lake/tables/index.ts';
import { columnNames } from '#lake/tables/table.ts';
import { ndjson, SENT, sesBounce, sesClick, sesComplaint, sesDelivery, sesOpen, sesSend } from '#test/records.ts';
import { wiring } from '../../functions/wiring.ts';
import { type CloudLake, cloudLake, SETTINGS } from './cloud-lake.ts';
import { invocation } from './invoke.ts';
import { foldersListed } from './listed.ts';

const DT = utcDate(SENT);
const MAILS = 40;
/** Days after the sending on which something happens, each of which has a generation of its own. */
const LATER = [1, 2, 3];

let cloud: CloudLake;
let ports: Ports;
beforeAll(async () => {
  cloud = await cloudLake();
  ports = wiring().ports(invocation('rollup-days'));
  await read(
    0,
    Array.from({ length: MAILS }, (_, i) => (i % 4 === 0 ? sesBounce(mail(i)) : sesSend(mail(i)))),
  );
  for (const days of LATER) await read(days, happens(days));
  await settle(ports, { settings: SETTINGS, open: [], ignorePace: true });
  // A copy and a late event: one day has another generation than the others, one has what is not settled yet.
  await read(2, [...happens(2), sesOpen({ ...mail(9), at: SENT + 2 * DAY_MS + 60_000 })], 'again');
  await settle(ports, { settings: SETTINGS, open: [], ignorePace: true });
  await read(3, [sesOpen({ ...mail(13), at: SENT + 3 * DAY_MS + 60_000 })], 'late');
}, 300_000);
afterAll(() => cloud?.close());

const mail = (i: number) => ({ messageId: `m${String(i).padStart(2, '0')}`, to: ['ann@example.org'] });

/** What shows of all mail that it is published happens to the mail of one part. */
function happens(days: number): object[] {
  const at = SENT + days * DAY_MS;
  return [
    ...Array.from({ length: MAILS / 4 }, (_, i) => sesDelivery({ ...mail(4 * i + days), at })),
    ...(days === 1 ? [sesOpen({ ...mail(37), at }), sesClick({ ...mail(37), at })] : []),
    ...(days === 3 ? [sesComplaint({ ...mail(39), at })] : []),
  ];
}

async function read(days: number, records: readonly object[], name = 'first'): Promise<void> {
  const folder = utcDate(SENT + days * DAY_MS).replaceAll('-', '/');
  await cloud.put(`raw/${folder}/${name}`, Buffer.from(ndjson(...records)));
  await planReach(ports, SETTINGS, 'all');
  for (const unit of await openUnits(ports.lake)) {
    await transform(ports, unit, { settings: SETTINGS, version: 'abc123' });
  }
}

async function rollUp(rowsAtOnce: number): Promise<RolledUp[]> {
  const { views, rollup: select } = await loadSql(join(process.cwd(), 'sql'));
  const damaged = new Set([DT]);
  return rollup(ports, { ...ATHENA_ROLLUP, settings: SETTINGS, views, select: select.sql, rowsAtOnce, damaged });
}

const columns = columnNames(recipientMessages).filter((name) => name !== 'as_of');
const rows = async (): Promise<string[]> =>
  (await cloud.query(`select ${columns.join(', ')} from recipient_messages order by 1, 2`)).rows.map((row) =>
    JSON.stringify(row),
  );
const parts = async (): Promise<string[]> => {
  const { location = '', file_list = [] } = (await newestGeneration(ports.lake, recipientMessages.name, DT)) ?? {};
  return [...new Set(file_list.map(({ key }) => key.slice(location.length).replace(/[^/]+$/, '')))].sort();
};

test('the day has the same rows in parts as in one query, and lists no folder but those that it names', async () => {
  await rollUp(ATHENA_ROLLUP.rowsAtOnce);
  const whole = await rows();
  expect(whole).toHaveLength(MAILS);
  expect(await parts()).toEqual(['']);

  const named = await Promise.all(
    [0, ...LATER].map(async (days) => {
      const dt = utcDate(SENT + days * DAY_MS);
      const newest = await newestGeneration(ports.lake, events.name, dt);
      return newest?.location.slice(settledRoot(events.name).length) ?? '';
    }),
  );
  expect(named.map((folder) => /\/(\d+)-/.exec(folder)?.[1])).toEqual(['0', '0', '1', '0']);
  let live: string[] = [];
  const settled = await foldersListed(cloud.account, settledRoot(events.name), async () => {
    live = await foldersListed(cloud.account, liveRoot(events.name), () => rollUp(8));
  });
  expect(settled).toEqual(named.sort());
  // Of live files those of the one day that has some, besides the listing of such days.
  expect(live.filter((folder) => folder !== '')).toEqual([`dt=${utcDate(SENT + 3 * DAY_MS)}/`]);

  const made = await parts();
  expect(made.length).toBeGreaterThan(2);
  expect(made).toEqual(made.map((_, i) => `${i}/`));
  expect(await rows()).toEqual(whole);
});
