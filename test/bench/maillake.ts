/** Maillake's own transform, over plans, units and the disk store, as `npm run lake -- transform` does it. */

import { systemClock } from '#host/clock.ts';
import { openUnits } from '#lake/protocol/open-units.ts';
import type { Outcome } from '#lake/protocol/records.ts';
import { DEFAULT_SETTINGS } from '#lake/settings.ts';
import { planPrefix } from '#lake/steps/plan.ts';
import { transform } from '#lake/steps/transform.ts';
import { DiskCatalog } from '#local/disk/catalog.ts';
import { DiskStore } from '#local/disk/store.ts';
import { transformUnits } from '#local/run/pool.ts';
import { compete } from './competitor.ts';

const settings = DEFAULT_SETTINGS;
const version = 'bench';
const isExact = process.env.MAILLAKE_EXACT === '1';

await compete(async ({ input, output, threads }) => {
  const ports = {
    raw: new DiskStore(input),
    lake: new DiskStore(output, { durable: false }),
    catalog: new DiskCatalog(output, { durable: false }),
    clock: systemClock,
  };
  await planPrefix(ports, settings, '');
  const units = await openUnits(ports.lake);
  const outcomes: Outcome[] = [];
  let workerPeakBytes = 0;
  if (threads === 1) {
    for (const unit of units) outcomes.push(await transform(ports, unit, { settings, version, isExact }));
  } else {
    workerPeakBytes = await transformUnits(units, {
      rawRoot: input,
      otherRaws: {},
      lakeRoot: output,
      durable: false, // nor does DuckDB's copy flush
      settings,
      version,
      limits: { workers: threads },
      onRead: () => {},
      onOutcome: (outcome) => outcomes.push(outcome),
    });
  }
  const rejected = outcomes.reduce((sum, { quarantined }) => sum + quarantined, 0);
  if (rejected > 0) throw new Error(`${rejected} records of the benchmark's input were quarantined`);
  const total = (count: (outcome: Outcome) => number): number => outcomes.reduce((sum, one) => sum + count(one), 0);
  return {
    workerPeakBytes,
    events: total(({ event_rows }) => event_rows),
    headers: total(({ header_rows }) => header_rows),
    clicks: total(({ click_rows }) => click_rows),
  };
});
