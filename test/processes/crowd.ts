/** Makes very many small objects in one hour, and lets several processes transform them at once, some of which are killed. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openLake } from '#local/lake.ts';
import { ndjson, SENT, sesDelivery, sesSend } from '#test/records.ts';
import { done, killedAfter, lakeCommand, seeded } from './command.ts';

const HOUR = 'raw/2026/10/05/09/';

/** Object i has the send and the delivery of mail i; each seventh repeats the send of the one before; each fiftieth is broken. */
export function writeCrowd(folder: string, objects: number): void {
  mkdirSync(join(folder, HOUR), { recursive: true });
  for (let i = 0; i < objects; i++) {
    const parts = { messageId: `m${i}`, sentAt: SENT + (i % 3600) * 1000 };
    const before = { messageId: `m${i - 1}`, sentAt: SENT + ((i - 1) % 3600) * 1000 };
    const repeat = i % 7 === 6 ? [sesSend(before)] : [];
    const content = ndjson(sesSend(parts), sesDelivery(parts), ...repeat);
    writeFileSync(
      join(folder, HOUR, `mail-1-2026-10-05-09-00-00-${String(i).padStart(6, '0')}`),
      i % 50 === 49 ? `${content}{"eventType"` : content,
    );
  }
}

/** What the lake must hold of it, in sorted order: worked out by arithmetic, not by reading. */
export function crowdOracle(objects: number): { events: string[]; quarantined: number; records: number } {
  const events = Array.from({ length: objects }, (_, i) => [`m${i} delivered`, `m${i} send`]).flat();
  const quarantined = Math.floor(objects / 50);
  return { events: events.sort(), quarantined, records: 2 * objects + Math.floor(objects / 7) + quarantined };
}

export async function crowdInLake(lake: string): Promise<ReturnType<typeof crowdOracle>> {
  const opened = await openLake({ lake });
  try {
    const { rows } = await opened.engine.query('select message_id, event_type from events');
    const {
      rows: [sums = []],
    } = await opened.engine.query("select sum(quarantined), sum(records) from units where kind = 'first'");
    return {
      events: rows.map(([message, type]) => `${message} ${type}`).sort(),
      quarantined: Number(sums[0]),
      records: Number(sums[1]),
    };
  } finally {
    await opened.close();
  }
}

export interface CrowdOptions {
  raw: string;
  lake: string;
  processes: number;
  kills: number;
  seed: number;
  /** a process is killed after at most so long, ms */
  withinMs: number;
}

/** The longest that a timer of Node can wait, ms. */
const NEVER = 2 ** 31 - 1;

/** Plans, transforms with several processes of which some are killed, and lets one run finish what is left. */
export async function transformInCrowd({ raw, lake, processes, kills, seed, withinMs }: CrowdOptions): Promise<number> {
  const folders = ['--raw', raw, '--lake', lake];
  await done(lakeCommand(['plan', ...folders]));
  const random = seeded(seed);
  let left = kills;
  let killed = 0;
  const line = async (): Promise<void> => {
    for (;;) {
      const isVictim = left-- > 0;
      const running = lakeCommand(['transform', ...folders, '--json']);
      const end = await killedAfter(running, isVictim ? 150 + random() * withinMs : NEVER);
      if (end.isKilled) killed++;
      else if (end.code !== 0) throw new Error(`transform failed: ${end.stderr}`);
      else return;
    }
  };
  await Promise.all(Array.from({ length: processes }, line));
  await done(lakeCommand(['run', ...folders]));
  return killed;
}
