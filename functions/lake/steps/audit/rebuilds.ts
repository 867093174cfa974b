/** Audits rebuilds: of each whose rows readers see the counting law, and whether a switch was cut off. */
import { concurrently } from '../../concurrently.ts';
import type { Store } from '../../ports.ts';
import { outcomesRoot } from '../../protocol/keys.ts';
import { RebuildStore } from '../../protocol/rebuild-store.ts';
import { endOf, hasMark, leftOf, newestRebuild } from '../../protocol/rebuilds.ts';
import { type Outcome, readState } from '../../protocol/records.ts';
import type { ReportDrift } from './drifts.ts';
import { checkCounts } from './units.ts';

/** What readers see of a rebuild. */
export interface RebuildAudit {
  rebuild: number;
  /** days of tables */
  days: number;
  units: number;
  records: number;
}

const READS_AT_ONCE = 16;

/** @param seen by rebuild, days of tables that readers see. Costs a read of each outcome of these, and of no other rebuild. */
export async function auditRebuilds(
  lake: Store,
  seen: ReadonlyMap<number, number>,
  drift: ReportDrift,
): Promise<RebuildAudit[]> {
  const found: RebuildAudit[] = [];
  for (const [rebuild, days] of [...seen].sort(([a], [b]) => a - b)) {
    const audit: RebuildAudit = { rebuild, days, units: 0, records: 0 };
    const own = new RebuildStore(lake, rebuild);
    await concurrently(own.list(outcomesRoot), READS_AT_ONCE, async ({ key }) => {
      const outcome = await readState<Outcome>(own, key);
      if (!outcome) return;
      checkCounts(outcome, (kind, subject, detail) => {
        // What was gone for a rebuild is said when it is made: such a day is not switched to.
        if (kind === 'counting_law') drift(kind, `rebuild ${rebuild}: ${subject}`, detail);
      });
      audit.units++;
      audit.records += outcome.records;
    });
    found.push(audit);
  }
  const newest = await newestRebuild(lake);
  // After a way back nobody finishes the switch.
  const isOpen = newest && (await endOf(lake, newest.n))?.is === 'switched' && !(await hasMark(lake, newest.n, 'over'));
  if (newest && isOpen) {
    for (const { table, dt } of await leftOf(lake, newest.n))
      drift('unfinished_switch', `${table} dt=${dt}`, `rebuild ${newest.n}`);
  }
  return found;
}
