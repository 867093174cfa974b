/**
 * What was told, as records in the lake's store: of each subject a row of records, opened, worse, over and so on, each created
 * once and never changed. A record holds the words, so that whoever finds it untold can tell it.
 */
import { concurrently } from '#lake/concurrently.ts';
import { DAY_MS, utcDate } from '#lake/days.ts';
import type { Store, StoredObject } from '#lake/ports.ts';
import { alertFolder, alertKey, alertsRoot } from '#lake/protocol/keys.ts';
import { createState, readState } from '#lake/protocol/records.ts';
import { type Finding, type Look, nameOf, type Trouble } from './finding.ts';

/** One thing to tell, once on each of its channels. */
export interface Alert {
  /** names it among all, the same whoever tells it and however often */
  id: string;
  subject: string;
  /** counted from 0 */
  n: number;
  what: 'opened' | 'worse' | 'over';
  /** epoch ms */
  at: number;
  /** what is told; if it is over, what was told of last */
  finding: Finding;
  /** of one that is over: why it is known to be */
  why: string | null;
  channels: readonly string[];
}

export interface Ledger {
  /** by subject the newest record */
  newest: ReadonlyMap<string, Alert>;
  /** records whose marks don't say that they were told on all channels, and what lies beside them; oldest first */
  untold: { alert: Alert; marks: readonly StoredObject[] }[];
}

const AT_ONCE = 16;

export async function readLedger(store: Pick<Store, 'list' | 'get'>): Promise<Ledger> {
  const folders = new Map<string, StoredObject[]>();
  for await (const object of store.list(alertsRoot)) {
    const folder = object.key.slice(0, object.key.lastIndexOf('/') + 1);
    const known = folders.get(folder);
    if (known) known.push(object);
    else folders.set(folder, [object]);
  }
  const newest = new Map<string, Alert>();
  const untold: Ledger['untold'] = [];
  await concurrently([...folders], AT_ONCE, async ([folder, objects]) => {
    const numbers = objects.flatMap(({ key }) => /^(\d+)\.json$/.exec(key.slice(folder.length))?.[1] ?? []).map(Number);
    const last = Math.max(...numbers);
    for (const n of numbers.sort((a, b) => a - b)) {
      const marks = objects.filter(({ key }) => key.startsWith(`${folder}${n}.`) && key !== `${folder}${n}.json`);
      const isTold = marks.some(({ key }) => key === `${folder}${n}.told.json`);
      if (isTold && n !== last) continue;
      const alert = await readState<Alert>(store, `${folder}${n}.json`);
      if (alert === null) continue;
      if (n === last) newest.set(alert.subject, alert);
      if (!isTold) untold.push({ alert, marks });
    }
  });
  untold.sort((a, b) => a.alert.at - b.alert.at || a.alert.n - b.alert.n);
  return { newest, untold };
}

/** What a look adds to what was told. */
export function newsOf(newest: ReadonlyMap<string, Alert>, look: Look): Pick<Alert, 'what' | 'finding' | 'why'>[] {
  const news: Pick<Alert, 'what' | 'finding' | 'why'>[] = [];
  for (const finding of look.findings) {
    const last = newest.get(nameOf(finding));
    if (last === undefined || last.what === 'over') {
      // What showed before it was over is no news.
      if (last !== undefined && finding.until <= last.at) continue;
      if (isEcho(finding, newest)) continue;
      news.push({ what: 'opened', finding, why: null });
    } else if (finding.level === 'critical' && last.finding.level === 'warning') {
      news.push({ what: 'worse', finding, why: null });
    }
  }
  for (const last of newest.values()) {
    if (last.what === 'over') continue;
    const why = look.whyOver(last.finding);
    if (why !== null) news.push({ what: 'over', finding: last.finding, why });
  }
  return news;
}

/** What another trouble makes of the rates of its days. */
const ECHOES: Partial<Record<Trouble, readonly Trouble[]>> = {
  opens: ['tracking', 'silent'],
  clicks: ['tracking', 'silent'],
  refused: ['silent'],
};

function isEcho({ trouble, since, until }: Finding, newest: ReadonlyMap<string, Alert>): boolean {
  const causes = ECHOES[trouble] ?? [];
  return newest.values().some(({ finding, what, at }) => {
    if (!causes.includes(finding.trouble)) return false;
    const ended = what === 'over' ? utcDate(at) : '9999';
    // Mail of the days before is opened still.
    return utcDate(finding.since - 3 * DAY_MS) <= utcDate(until) && utcDate(since) <= ended;
  });
}

/** Makes a record, if nobody was quicker. */
export async function record(
  store: Pick<Store, 'create'>,
  news: Pick<Alert, 'what' | 'finding' | 'why'>,
  { newest, at, channels }: Pick<Ledger, 'newest'> & Pick<Alert, 'at' | 'channels'>,
): Promise<Alert | null> {
  const subject = nameOf(news.finding);
  const n = (newest.get(subject)?.n ?? -1) + 1;
  const alert: Alert = {
    id: `${alertFolder(subject).slice(alertsRoot.length, -1)}-${n}`,
    subject,
    n,
    at,
    channels,
    ...news,
  };
  return (await createState(store, alertKey(subject, n), alert)) ? alert : null;
}
