/**
 * Tells what is new, and what is over. It may be killed anywhere, and run twice at once: the record is made first and holds the
 * words, so that the next run tells what this one couldn't. Before each delivery a try is marked, which keeps others from the
 * same for a while; after it that it was told. Who is killed between the two has told it or not, and nobody can know: then it is told
 * again, and says so. So everything is told, and told twice only after such a death, under the same id.
 */
import { MINUTE_MS } from '#lake/days.ts';
import type { Clock, Store } from '#lake/ports.ts';
import { alertToldKey, alertTryKey } from '#lake/protocol/keys.ts';
import { createState } from '#lake/protocol/records.ts';
import type { Look } from './finding.ts';
import { type Alert, newsOf, readLedger, record } from './ledger.ts';

/** Where alerts are told. */
export interface Messenger {
  /** its name in marks: letters alone */
  channel: string;
  /** @param isRepeat it may have been told before, by a try that nobody heard the end of */
  tell(alert: Alert, isRepeat: boolean): Promise<void>;
}

export interface Told {
  /** what this run told, on one channel at least */
  told: Alert[];
  /** what could not be delivered, to be tried again */
  failures: unknown[];
  /** what is open now */
  open: Alert[];
}

/** A try that has not ended by then is dead: twice as long as a function may run. */
export const DEAD_AFTER_MS = 30 * MINUTE_MS;

export async function tellNews(
  { lake, clock }: { lake: Pick<Store, 'list' | 'get' | 'create'>; clock: Pick<Clock, 'now'> },
  messengers: readonly Messenger[],
  look: Look,
): Promise<Told> {
  const { newest, untold } = await readLedger(lake);
  const open = new Map([...newest].filter(([, { what }]) => what !== 'over'));
  const channels = messengers.map(({ channel }) => channel);
  for (const news of newsOf(newest, look)) {
    const made = await record(lake, news, { newest, at: clock.now(), channels });
    if (made === null) continue;
    untold.push({ alert: made, marks: [] });
    if (made.what === 'over') open.delete(made.subject);
    else open.set(made.subject, made);
  }
  const told: Alert[] = [];
  const failures: unknown[] = [];
  for (const { alert, marks } of untold) {
    const keys = new Map(marks.map(({ key, modified }) => [key, modified]));
    const left = alert.channels.filter((channel) => !keys.has(alertToldKey(alert.subject, alert.n, channel)));
    const done: boolean[] = [];
    for (const channel of left) {
      const messenger = messengers.find((one) => one.channel === channel);
      // A channel that there is no more.
      if (messenger === undefined) continue;
      try {
        done.push(await deliver(messenger, alert, keys));
      } catch (error) {
        failures.push(error);
        done.push(false);
      }
    }
    if (done.some((isDone) => isDone)) told.push(alert);
    if (done.every((isDone) => isDone))
      await createState(lake, alertToldKey(alert.subject, alert.n), { at: clock.now() });
  }
  return { told, failures, open: [...open.values()] };

  /** @returns whether this call has told it */
  async function deliver(messenger: Messenger, alert: Alert, marks: ReadonlyMap<string, number>): Promise<boolean> {
    const { channel } = messenger;
    let k = 0;
    for (; ; k++) {
      const begun = marks.get(alertTryKey(alert.subject, alert.n, channel, k));
      if (begun === undefined) break;
      if (clock.now() - begun < DEAD_AFTER_MS) return false;
    }
    if (!(await createState(lake, alertTryKey(alert.subject, alert.n, channel, k), { at: clock.now() }))) return false;
    await messenger.tell(alert, k > 0);
    await createState(lake, alertToldKey(alert.subject, alert.n, channel), { at: clock.now() });
    return true;
  }
}
