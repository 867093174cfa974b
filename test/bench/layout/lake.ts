/** The events as Maillake has them: through its own steps and the AWS adapters, UNLOADed settled files, views in Glue. */

import { gzipSync } from 'node:zlib';
import type { S3Store } from '#aws/s3-store.ts';
import { concurrently } from '#lake/concurrently.ts';
import { HOUR_MS } from '#lake/days.ts';
import { openUnits } from '#lake/protocol/open-units.ts';
import { planReach } from '#lake/steps/plan.ts';
import { rollup } from '#lake/steps/rollup.ts';
import { settle } from '#lake/steps/settle.ts';
import { transform } from '#lake/steps/transform.ts';
import { type CloudLake, cloudLake, SETTINGS } from '#test/engines/cloud-lake.ts';
import type { Addresses } from '#test/engines/engines.ts';
import { wiring } from '../../../functions/wiring.ts';
import type { MailEvents } from './events.ts';

export async function makeLake(at: Addresses | undefined, { hours }: MailEvents): Promise<CloudLake> {
  const cloud = await cloudLake(SETTINGS, at);
  await concurrently(hours, 8, ([hour, records]) => {
    const [, day = '', clock = ''] = /^(.*)T(.*)$/.exec(hour) ?? [];
    const key = `raw/${day.replaceAll('-', '/')}/mail-events-1-${day}-${clock}-00-00-${day}${clock}.gz`;
    return cloud.put(key, gzipSync(records.map((record) => `${record}\n`).join(''), { level: 1 }));
  });
  const { ports: portsOf, environment, sql } = wiring();
  const ports = portsOf({ getRemainingTimeInMillis: () => PATIENCE_MS });
  const { settings, version } = environment;
  await planReach(ports, settings, 'all');
  await concurrently(await openUnits(ports.lake), 2, (unit) => transform(ports, unit, { settings, version }));
  await settle(ports, { settings, open: [], ignorePace: true });
  const { views, rollup: select } = await sql();
  await rollup(ports, { settings, views, select: select.sql });
  return cloud;
}

const PATIENCE_MS = HOUR_MS;

/** What readers are pointed at, of the four tables that hold mail. */
export const settledFiles = (lake: S3Store) => lake.list('v1/settled/');
/** Of `v1/settled/events/dt=2025-03-10/…`, and of a rollup's files, whose run comes before the day. */
export const dayOfSettledFile = (key: string): string => /\/dt=(\d{4}-\d\d-\d\d)\//.exec(key)?.[1] ?? '';
export const tableOfSettledFile = (key: string): string => key.split('/')[2] ?? '';
