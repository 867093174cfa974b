/**
 * repair: runs the steps that an audit finds missing, collects files that nothing reads any more, and audits again. What
 * the second audit still finds needs a person. It may be run at any time, any number of times, because it goes by the state
 * of the lake and not by events.
 */
import type { Ports } from '../ports.ts';
import { liveFolder } from '../protocol/keys.ts';
import { queueUnits } from '../protocol/lanes.ts';
import { layoutOf, PlansAbove } from '../protocol/layouts.ts';
import { type OpenUnit, openUnits } from '../protocol/open-units.ts';
import { sourceOf } from '../protocol/raw-sources.ts';
import { heal } from '../protocol/readers.ts';
import { newestRebuild } from '../protocol/rebuilds.ts';
import { newestGeneration } from '../protocol/records.ts';
import { DEFAULT_SETTINGS } from '../settings.ts';
import type { View } from '../sql/views/view.ts';
import { recipientMessages } from '../tables/index.ts';
import { type AuditOptions, type AuditReport, type Findings, findDrift, writeReport } from './audit.ts';
import type { CollectRules } from './collect/rules.ts';
import { collect, type Removed } from './collect.ts';
import { expire } from './expire.ts';
import { planPrefix } from './plan.ts';
import { switchToRebuild } from './rebuild/switch.ts';
import { rollup } from './rollup.ts';
import { settle, settleDay } from './settle.ts';

export interface RepairOptions extends AuditOptions {
  /** the views of sql/ with the seeds, and the select of the rollup */
  views: readonly View[];
  select: string;
  /** transforms units here and now; left out, they are queued */
  transform?: (units: readonly OpenUnit[]) => Promise<unknown>;
  /** settle old days more than once a day, for a person who waits for the result */
  ignorePace?: boolean;
  /**
   * reads raw data of a day again and switches readers to it, for days whose rows are nowhere else; left out: they are said to
   * be lost
   */
  rebuildDay?: (dt: string) => Promise<unknown>;
  collectRules?: CollectRules;
}

/**
 * Audits, repairs, collects, and returns the report of the audit after it. A step that fails doesn't keep the others
 * from running.
 */
export async function repair(ports: Ports, options: RepairOptions): Promise<AuditReport> {
  const found = await findDrift(ports, options);
  const failures: string[] = [];
  for (const step of stepsFor(ports, found, options)) {
    try {
      await step();
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  // What readers see must be right before anything is removed.
  let removed: Removed[] = [];
  if (failures.length === 0) {
    await expire(ports, { retention: options.retention ?? {} });
    removed = await collect(ports, options.collectRules);
  }
  const { report } = await findDrift(ports, options);
  const left = new Set(report.drifts.map(({ kind, key }) => `${kind} ${key}`));
  const repaired = found.report.drifts.filter(({ kind, key }) => !left.has(`${kind} ${key}`));
  const whole: AuditReport = { ...report, repaired, failures, removed };
  await writeReport(ports, whole);
  return whole;
}

function stepsFor(
  ports: Ports,
  found: Findings,
  {
    settings = DEFAULT_SETTINGS,
    views,
    select,
    transform,
    hasRaw = true,
    ignorePace = false,
    rebuildDay,
    reach = 'all',
  }: RepairOptions,
): (() => Promise<unknown>)[] {
  return [
    async () => {
      const above = new PlansAbove(ports.lake, { nonce: () => ports.clock.nonce() });
      for (const prefix of found.unplanned) {
        const layout = await layoutOf(ports.lake, settings, { mount: sourceOf(settings, prefix).mount });
        await planPrefix(ports, settings, prefix, { layout, above, trusts: false });
      }
    },
    async () => {
      if (!hasRaw) return;
      const open = await openUnits(ports.lake, { everything: reach === 'all' });
      if (open.length > 0) await (transform ? transform(open) : queueUnits(ports, settings, open));
    },
    async () => {
      for (const { table, dt } of found.unregistered) await register(ports, table, dt);
    },
    async () => {
      for (const generation of found.stale) {
        const newest = await newestGeneration(ports.lake, generation.table_name, generation.dt);
        if (newest) await heal(ports, generation.table_name, newest);
      }
    },
    ...[...found.damaged.map(({ table_name: table, dt }) => ({ table, dt })), ...found.unreadable]
      .filter(({ table }) => table !== recipientMessages.name)
      .map(({ table, dt }) => async () => {
        try {
          await settleDay(ports, { table, dt }, { ignorePace: true, isDamaged: true });
        } catch (error) {
          if (!rebuildDay) throw error;
          await rebuildDay(dt);
        }
      }),
    // Before settle takes in what is damaged.
    ...(rebuildDay ? [...new Set(found.broken.map(({ dt }) => dt))].sort() : []).map((dt) => async () => {
      await rebuildDay?.(dt);
    }),
    async () => {
      if (!found.report.drifts.some(({ kind }) => kind === 'unfinished_switch')) return;
      const newest = await newestRebuild(ports.lake);
      if (newest) await switchToRebuild(ports, newest, newest);
    },
    async () => settle(ports, { settings, open: await openUnits(ports.lake), ignorePace }),
    async () => {
      const damaged = new Set(
        found.damaged.filter(({ table_name }) => table_name === recipientMessages.name).map(({ dt }) => dt),
      );
      await rollup(ports, { settings, views, select, damaged, open: await openUnits(ports.lake) });
    },
  ];
}

/** Readers see the newest generation, or while there is none the live files. */
async function register({ lake, catalog, clock }: Ports, table: string, dt: string): Promise<void> {
  const newest = await newestGeneration(lake, table, dt);
  if (newest) await heal({ lake, catalog, clock }, table, newest);
  else await catalog.ensurePartitions(table, [{ dt, location: liveFolder(table, dt) }]);
}
