/** The command `watch`: tells what is wrong with the mail, once, and when it is over. */
import { Command, InvalidArgumentError } from 'commander';
import { systemClock } from '#host/clock.ts';
import { EXIT } from '#host/failure.ts';
import { counted } from '#host/figures.ts';
import { safeText, wrapText } from '#host/safe-text.ts';
import { DAY_MS, startOfDay, utcDate } from '#lake/days.ts';
import { MissingObject, type Store, type StoredBody } from '#lake/ports.ts';
import type { Look } from '#report/alerts/finding.ts';
import type { Alert } from '#report/alerts/ledger.ts';
import type { Told } from '#report/alerts/tell.ts';
import type { Console } from '../console.ts';
import { atStage, isStage, type LakePlace, type ReadLake, withReadLake } from './lake-place.ts';
import { examples, jsonOption, lakeOption } from './options.ts';

interface WatchFlags extends LakePlace {
  asOf?: number;
}

export const watchCommand = (to: Console): Command =>
  atStage(
    new Command('watch')
      .description('tell what is wrong with the mail, once, and when it is over')
      .option(
        '--as-of <time>',
        'what would have been told then, such as 2026-01-31T09:00 (UTC); nothing is remembered',
        instant,
      )
      .addOption(lakeOption())
      .addOption(jsonOption())
      .addHelpText(
        'after',
        `\nExit code 4 if something new was told, else 0.\n${examples(
          ['watch'],
          ['watch || mail -s "our mail" you@example.com < alerts.txt', 'from cron, after: watch > alerts.txt'],
          ['watch --stage production', 'what is wrong at a stage; nothing is remembered there'],
          ['watch --as-of 2026-10-06T08:00 --lake .lake/demo/lake', 'the incident of the demo, while it lasts'],
        )}`,
      )
      .action(async ({ json = false, asOf, ...place }: WatchFlags) => {
        const { eventOf } = await import('#report/alerts/words.ts');
        const options = { to, json, asOf, remembers: asOf === undefined && !isStage(place) };
        const { told, open } = await withReadLake(place, to, (lake) => watch(lake, options));
        if (told.length > 0) process.exitCode = EXIT.news;
        if (json)
          return to.json({
            told: told.map((alert) => eventOf(alert, false)),
            open: open.map((alert) => eventOf(alert, false)),
          });
        if (told.length === 0)
          await to.print([
            open.length === 0
              ? 'Nothing is wrong.'
              : `Nothing new. ${counted(open.length, 'alert is', 'alerts are')} open:`,
          ]);
        if (told.length === 0) await to.print(open.map(({ finding }) => `  ${safeText(finding.says.headline)}`));
      }),
  );

const MOST_WIDTH = 100;

async function watch(
  lake: ReadLake,
  { to, json, asOf, remembers }: { to: Console; json: boolean; asOf: number | undefined; remembers: boolean },
): Promise<Pick<Told, 'told' | 'open'>> {
  const [{ lookAt }, { tellNews }, { textOf }] = await Promise.all([
    import('#report/alerts/watch.ts'),
    import('#report/alerts/tell.ts'),
    import('#report/alerts/words.ts'),
  ]);
  const store: Pick<Store, 'list' | 'get' | 'create'> = remembers ? lake.ports.lake : kept(asOf ?? systemClock.now());
  const now = asOf ?? (await newestTime(lake));
  const clock = { now: () => asOf ?? systemClock.now() };
  const console = {
    channel: 'console',
    // One document is printed at the end.
    tell: async (alert: Alert, isRepeat: boolean): Promise<void> => {
      if (json) return;
      const { bold } = to.palette;
      const [headline = '', ...rest] = textOf(alert, isRepeat).split('\n');
      const width = Math.min(to.width, MOST_WIDTH);
      await to.print([...wrapText(headline, width).map(bold), ...rest.flatMap((line) => folded(line, width)), '']);
    },
  };
  const told: Alert[] = [];
  let open: Alert[] = [];
  for (const reach of ['daily', 'hourly'] as const) {
    const look: Look = await lookAt(reach, lake, { now, ...(remembers ? { store } : {}) });
    const done = await tellNews({ lake: store, clock }, [console], look);
    if (done.failures.length > 0) throw done.failures[0];
    told.push(...done.told);
    open = done.open;
  }
  return { told, open };
}

/** A statement is copied as it is. */
const folded = (line: string, width: number): string[] => (line.startsWith('select ') ? [line] : wrapText(line, width));

/** An archive is looked at as of its last day: what has been quiet for longer is none that is filled. */
const ARCHIVE_MS = 3 * DAY_MS;

async function newestTime({ engine }: ReadLake): Promise<number> {
  const now = systemClock.now();
  const { rows } = await engine.query(`select max(dt) from events where dt <= '${utcDate(now)}'`);
  const newest = rows[0]?.[0];
  const end = typeof newest === 'string' ? startOfDay(newest) + DAY_MS : now;
  return now - end > ARCHIVE_MS ? end : now;
}

/** What this run has told, so that days and hours don't tell the same. */
function kept(now: number): Pick<Store, 'list' | 'get' | 'create'> {
  const objects = new Map<string, StoredBody>();
  return {
    async *list(prefix) {
      for (const object of objects.values()) if (object.key.startsWith(prefix)) yield object;
    },
    get(key) {
      const found = objects.get(key);
      return found ? Promise.resolve(found) : Promise.reject(new MissingObject(key));
    },
    create(key, content) {
      if (objects.has(key)) return Promise.resolve(false);
      const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
      const body = {
        [Symbol.asyncIterator]: async function* () {
          yield bytes;
        },
      };
      objects.set(key, { key, size: bytes.length, etag: key, modified: now, body });
      return Promise.resolve(true);
    },
  };
}

/** @throws InvalidArgumentError, which commander words */
function instant(text: string): number {
  const [, day = '', time] = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d))?Z?$/.exec(text) ?? [];
  const ms = Date.parse(`${day}T${time ?? '00:00'}:00Z`);
  if (Number.isNaN(ms) || utcDate(ms) !== day)
    throw new InvalidArgumentError('It takes a day or a time such as 2026-01-31T09:00.');
  // A day is looked at when it is over.
  return time === undefined ? ms + DAY_MS : ms;
}
