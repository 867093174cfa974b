/**
 * Lambda, called by a person and hourly: forgets persons. Who is asked for is noted by a keyed hash at once; each call looks through as
 * much of the lake as it has time for, and the next goes on.
 */
import * as z from 'zod';
import { ADDRESS_KEY } from '#aws/environment.ts';
import { type Invocation, observed } from '#aws/observed.ts';
import { keyedHash } from '#host/keyed-hash.ts';
import { DAY_MS } from '#lake/days.ts';
import { type LeftObject, openAskedRaw, searchedRaw } from '#lake/protocol/asked-raw.ts';
import { ErasureState } from '#lake/protocol/erasures.ts';
import { rawToSearch } from '#lake/steps/erase/raw.ts';
import { ask, askRaw, erase, eraseRaw } from '#lake/steps/erase.ts';
import { wiring } from './wiring.ts';

const address = z.string().regex(/^\s*[^\s@<>,;]+@[^\s@<>,;]+\s*$/, 'is not one address alone');

/**
 * `ask`: for so many persons; asked again within an hour it is the same erasure. `go on`: the schedule's. `raw`: their records are to
 * go from raw data, too
 */
const EraseEvent = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('ask'), recipients: z.array(address).min(1).max(10_000) }),
  z.strictObject({ do: z.enum(['go on', 'status', 'raw']) }),
]);

/** Counts, and keys of raw objects: nothing of persons. */
interface Answer {
  /** number of the newest erasure */
  erasure: number;
  /** days of tables that are still to be looked through, and those that are to be settled first */
  left: number;
  waiting: number;
  /** epoch ms; null while it is not over */
  ended_at: number | null;
  rows: Readonly<Record<string, number>>;
  masked: Readonly<Record<string, number>>;
  sources: readonly string[];
  /** left out in a stage that may not write raw data */
  raw?: RawAnswer;
}

interface RawAnswer {
  /** all there is to be read, bytes as stored */
  objects: number;
  bytes: number;
  /** that was looked through for this erasure */
  searched: number;
  is_under_way: boolean;
  /** keys of objects that were written once more, and those that name somebody and stay, with why */
  rewritten: readonly string[];
  left: readonly LeftObject[];
  /** of those written, how many have an older version in their bucket */
  older_versions: number;
}

/** Time that is kept for the day under way, and for the answer: a day of ten million events takes minutes. */
const RESERVE_MS = 5 * 60_000;
/** Raw objects that an answer names: Lambda's answers have 6 MB. */
const MOST_NAMED = 10_000;

export const handler = (event: unknown, invocation: Invocation): Promise<Answer | null> =>
  observed('erase', invocation, async ({ info }) => {
    const asked = EraseEvent.parse(event);
    const { ports, environment, rawEditor } = wiring();
    const own = ports(invocation);
    const key = process.env[ADDRESS_KEY];
    const hash = key === undefined ? undefined : keyedHash(key);
    if (asked.do === 'ask') {
      if (hash === undefined) throw new Error('the stage has no key to know persons by: set erasures in its config');
      const { n, added } = await ask(own, hash, asked.recipients);
      info('asked to be forgotten', { erasure: n, persons: added });
      return answer(n, 0, 0);
    }
    const { n, end } = await ErasureState.of(own.lake);
    if (n < 0) return null;
    if (asked.do === 'raw') {
      if (!environment.erasesRaw) {
        throw new Error('the stage may not write raw data: set erasures: { raw: true } in its config');
      }
      await askRaw(own);
      return answer(n, 0, 0);
    }
    if (asked.do === 'status') return answer(n, 0, 0);
    const isOutOfTime = (): boolean => invocation.getRemainingTimeInMillis() < RESERVE_MS;
    const found = await erase(own, { settings: environment.settings, keyedHash: hash, mayRest: true, isOutOfTime });
    if (environment.erasesRaw && !isOutOfTime()) {
      const { rawDays } = environment.retention;
      const rawFrom = rawDays === undefined ? undefined : own.clock.now() - rawDays * DAY_MS;
      const options = { settings: environment.settings, keyedHash: hash, editor: rawEditor, isOutOfTime, rawFrom };
      const raw = await eraseRaw(own, options);
      if (raw) info('raw objects were looked through', { objects: raw.objects, rewritten: raw.rewritten.length });
    }
    if (found.end && end === null) info('everything was looked through', { erasure: n });
    return answer(n, found.left.length, found.waiting.length);

    async function answer(erasure: number, left: number, waiting: number): Promise<Answer> {
      const state = await ErasureState.of(own.lake);
      const { rows, masked, sources } = state.counts;
      const ended_at = state.end?.ended_at ?? null;
      const known = { erasure, left, waiting, ended_at, rows, masked, sources: sources.slice(0, MOST_NAMED) };
      return environment.erasesRaw ? { ...known, raw: await rawAnswer(erasure) } : known;
    }

    async function rawAnswer(erasure: number): Promise<RawAnswer> {
      const all = await rawToSearch(own.lake);
      const { objects: searched, rewritten, left, older_versions } = await searchedRaw(own.lake, erasure);
      return {
        ...all,
        searched,
        is_under_way: (await openAskedRaw(own.lake)) !== null,
        rewritten: rewritten.slice(0, MOST_NAMED).map(({ key }) => key),
        left: left.slice(0, MOST_NAMED),
        older_versions,
      };
    }
  });
