/**
 * Sends a mail once, whoever asks for it and however often. SES can't be told that a request is one that it had before, so what
 * was done is recorded beside the reports: a try before the mail is sent, and its end after it.
 *
 * The guarantee: the mail is sent at least once, and a second time only if SES's answer was lost, or its sender died between the
 * answer and the record. Nobody can know then whether SES had the mail, and a second copy is better than none.
 */
import type { Clock, Store } from '#lake/ports.ts';
import { createState, readState } from '#lake/protocol/records.ts';

export interface Mailing {
  /** of the reports */
  store: Pick<Store, 'create' | 'get' | 'list'>;
  clock: Pick<Clock, 'now'>;
  /** names the call that sends: Lambda's own request, which stays the same when it calls again what has failed */
  request: string;
  /** ms after which another's try can't be under way any more: a function's longest time */
  longestMs: number;
}

/** `sent before`: by another call. `being sent`: another call has begun to, and has not come to an end. */
export type Mailed = 'sent' | 'sent before' | 'being sent';

interface Try {
  request: string;
  begun_at: number;
}

/**
 * @param id names the mail: the same for what is to be sent once
 * @param send sends it, and gives the name that SES has for it
 * @throws what `send` throws; then anybody may try again at once
 */
export async function mailOnce(mailing: Mailing, id: string, send: () => Promise<string>): Promise<Mailed> {
  const { store, clock, request, longestMs } = mailing;
  const folder = `mails/${id}/`;
  for (;;) {
    const names = new Set<string>();
    for await (const { key } of store.list(folder)) names.add(key.slice(folder.length));
    if (names.has('sent.json')) return 'sent before';
    const tries = [...names].filter((name) => /^try-\d+\.json$/.test(name)).length;
    if (tries > 0 && !names.has(`failed-${tries - 1}.json`)) {
      const last = await readState<Try>(store, `${folder}try-${tries - 1}.json`);
      if (last && last.request !== request && clock.now() - last.begun_at < longestMs) return 'being sent';
    }
    const begun: Try = { request, begun_at: clock.now() };
    // If another call was first, its try is looked at.
    if (!(await createState(store, `${folder}try-${tries}.json`, begun))) continue;
    const message = await send().catch(async (error: unknown) => {
      await createState(store, `${folder}failed-${tries}.json`, { request });
      throw error;
    });
    await createState(store, `${folder}sent.json`, { request, message, sent_at: clock.now() });
    return 'sent';
  }
}
