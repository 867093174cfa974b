/** A real lake in a temporary folder: raw objects as given, disk store, DuckDB, a clock that stands still. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { HOUR_MS } from '#lake/days.ts';
import type { SqlValue } from '#lake/ports.ts';
import { type OpenUnit, openUnits } from '#lake/protocol/open-units.ts';
import type { Outcome } from '#lake/protocol/records.ts';
import { DEFAULT_SETTINGS, type Settings } from '#lake/settings.ts';
import { planPrefix } from '#lake/steps/plan.ts';
import { rollup } from '#lake/steps/rollup.ts';
import { settle } from '#lake/steps/settle.ts';
import { transform } from '#lake/steps/transform.ts';
import { type LocalLake, openLake } from '#local/lake.ts';

/** Long after the data of any test, so that every day is finished. */
export const NOW = Date.parse('2026-11-23T12:00:00Z');

export interface SmallLake {
  lake: LocalLake;
  folder: string;
  clock: { now: number };
  /** Puts a raw object, as Firehose would have delivered it. */
  put(key: string, content: string | Uint8Array, modified?: number): void;
  plan(): Promise<OpenUnit[]>;
  /** Transforms what is open, in this thread. */
  transformAll(version?: string): Promise<Outcome[]>;
  /** plan, transform, settle, rollup */
  run(): Promise<Outcome[]>;
  settle(options?: { ignorePace?: boolean; includeUnfinished?: boolean }): ReturnType<typeof settle>;
  rollup(): ReturnType<typeof rollup>;
  rows(sql: string): Promise<Record<string, SqlValue>[]>;
  close(): Promise<void>;
}

/** @param like a lake whose files it begins with, times and all: to copy them takes a fraction of making them */
export async function smallLake(settings: Settings = DEFAULT_SETTINGS, like?: SmallLake): Promise<SmallLake> {
  const folder = mkdtempSync(join(tmpdir(), 'lake-'));
  const raw = join(folder, 'raw');
  // Node's own copies lose the fractions of milliseconds, which are part of etags.
  if (like) execFileSync('cp', ['-a', `${like.folder}/.`, folder]);
  else mkdirSync(raw);
  const lake = await openLake({ raw, lake: join(folder, 'lake'), settings, durable: false });
  const clock = { now: NOW };
  // A copy's go on where no name of the original can be.
  let nonces = like ? 1 << 16 : 0;
  lake.ports.clock = { now: () => clock.now, nonce: () => (++nonces).toString(16).padStart(16, '0') };
  const { ports } = lake;

  const small: SmallLake = {
    lake,
    folder,
    clock,
    put(key, content, modified = NOW - HOUR_MS) {
      const path = join(raw, key);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
      utimesSync(path, modified / 1000, modified / 1000);
    },
    async plan() {
      await planPrefix(ports, settings, '');
      return openUnits(ports.lake);
    },
    async transformAll(version = 'abc123') {
      const outcomes: Outcome[] = [];
      for (const unit of await openUnits(ports.lake))
        outcomes.push(await transform(ports, unit, { settings, version }));
      return outcomes;
    },
    async run() {
      await small.plan();
      const outcomes = await small.transformAll();
      await small.settle();
      await small.rollup();
      return outcomes;
    },
    async settle(options = { ignorePace: true }) {
      return settle(ports, { settings, open: await openUnits(ports.lake), ...options });
    },
    rollup: () => rollup(ports, { settings, views: lake.views, select: lake.rollupSelect }),
    async rows(sql) {
      const { columns, rows } = await lake.engine.query(sql);
      return rows.map((row) => Object.fromEntries(columns.map(({ name }, i) => [name, row[i] ?? null])));
    },
    async close() {
      await lake.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return small;
}
