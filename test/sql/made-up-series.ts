/** Runs deliverability_anomalies over counts that a test writes down, with no mail behind them. */
import { type Answer, type LakeFixture, lakeFixture } from './lake-fixture.ts';

const FIRST = '2026-03-02';

/** A row of deliverability_by_horizon at both horizons; what is left out is 0, or NULL. */
export interface MadeUpDay extends Readonly<Record<string, number | string>> {
  /** days after the first */
  at: number;
}

export interface MadeUpLake {
  add(day: MadeUpDay): unknown;
  anomalies(where: string): Promise<Answer[]>;
  close(): void;
}

export async function madeUpLake(): Promise<MadeUpLake> {
  const lake: LakeFixture = await lakeFixture();
  const view = lake.views.find(({ name }) => name === 'deliverability_by_horizon');
  const columns = (view?.columns ?? []).map(({ name }) => name);
  const grain = new Set(view?.grain);
  await lake.run('drop view deliverability_by_horizon');
  const days: MadeUpDay[] = [];
  const literal = (value: number | string | undefined): string =>
    value === undefined ? 'null' : typeof value === 'string' ? `'${value}'` : String(value);
  return {
    add: (day) => days.push(day),
    async anomalies(where) {
      const given = [...new Set(days.flatMap((day) => Object.keys(day)))];
      const column = (name: string): string => {
        if (name === 'send_date') return `date '${FIRST}' + cast("at" as integer) as send_date`;
        if (name === 'dt') return `cast(date '${FIRST}' + cast("at" as integer) as varchar) as dt`;
        if (name === 'horizon_hours') return name;
        if (name === 'is_horizon_over') return 'true as is_horizon_over';
        if (grain.has(name)) return given.includes(name) ? name : `cast(null as varchar) as ${name}`;
        return given.includes(name) ? `coalesce(${name}, 0) as ${name}` : `0 as ${name}`;
      };
      const rows = days.map((day) => `(${given.map((name) => literal(day[name])).join(', ')})`);
      await lake.run(
        `create or replace table deliverability_by_horizon as select ${columns.map(column).join(', ')} from (values ${rows.join(', ')}) as t (${given.map((name) => `"${name}"`).join(', ')}) cross join (values (24), (72)) as h (horizon_hours)`,
      );
      return lake.rows(
        `select * from deliverability_anomalies where ${where} order by send_date, metric, mailbox_provider, from_domain, mail_kind`,
      );
    },
    close: () => lake.close(),
  };
}

// Lehmer's generator, modulus 2^31 − 1.
let state = 12_345;
const uniform = (): number => {
  state = (state * 48_271) % 2_147_483_647;
  return state / 2_147_483_647;
};

/** The same numbers in each run. */
export const random = {
  uniform,
  normal: (): number => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
  /** By the lengths of the gaps between successes, which are geometric: exact, and quick for what is rare. */
  binomial(n: number, p: number): number {
    if (p > 0.5) return n - random.binomial(n, 1 - p);
    let successes = 0;
    for (let at = Math.floor(Math.log(uniform()) / Math.log1p(-p)); at < n; successes++)
      at += 1 + Math.floor(Math.log(uniform()) / Math.log1p(-p));
    return successes;
  },
};
