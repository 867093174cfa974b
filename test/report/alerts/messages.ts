/** A store and messengers that may end their caller at any call, and take turns between two callers. */
import { MissingObject, type Store } from '#lake/ports.ts';
import type { Finding, Look } from '#report/alerts/finding.ts';
import { nameOf } from '#report/alerts/finding.ts';
import type { Alert } from '#report/alerts/ledger.ts';
import { type Messenger, tellNews } from '#report/alerts/tell.ts';

/** What outlives its users: objects, what was delivered, and the time. */
export interface Outside {
  objects: Map<string, { text: string; modified: number }>;
  /** `<channel> <id>`, and a question mark if it may be a repeat */
  delivered: string[];
  now: number;
}

export const outside = (): Outside => ({ objects: new Map(), delivered: [], now: Date.UTC(2026, 9, 6, 8) });

/** Decides what becomes of a call: it takes place or not, and its caller hears of it or is dead. */
export type Fate = 'done' | 'killed before' | 'killed after';

type Lake = Pick<Store, 'list' | 'get' | 'create'>;

/** What a mistaken program would do otherwise. */
export interface Variant {
  lake?: (lake: Lake) => Lake;
  messenger?: (messenger: Messenger, lake: Lake) => Messenger;
}

/**
 * One run of the step. A dead one never ends, so what is returned is a promise that resolves when it has ended or died.
 * @param turn called before each call of a port
 */
export async function run(
  at: Outside,
  look: Look,
  turn: () => Promise<Fate> | Fate,
  { lake: otherLake = (lake) => lake, messenger: other = (messenger) => messenger }: Variant = {},
): Promise<'ended' | 'dead'> {
  const { promise: death, resolve: die } = Promise.withResolvers<'dead'>();
  const never = new Promise<never>(() => {});
  const call = async <T>(effect: () => T): Promise<T> => {
    const fate = await turn();
    if (fate !== 'killed before') {
      const answer = effect();
      if (fate === 'done') return answer;
    }
    die('dead');
    return never;
  };
  const lake: Lake = otherLake({
    async *list(prefix) {
      yield* await call(() =>
        [...at.objects]
          .filter(([key]) => key.startsWith(prefix))
          .map(([key, { text, modified }]) => ({ key, size: text.length, etag: key, modified })),
      );
    },
    get: (key) =>
      call(() => {
        const found = at.objects.get(key);
        if (!found) throw new MissingObject(key);
        const bytes = new TextEncoder().encode(found.text);
        const body = {
          async *[Symbol.asyncIterator]() {
            yield bytes;
          },
        };
        return { key, size: bytes.length, etag: key, modified: found.modified, body };
      }),
    create: (key, text) =>
      call(() => {
        if (at.objects.has(key)) return false;
        at.objects.set(key, { text: String(text), modified: at.now });
        return true;
      }),
  });
  const messengers = ['topic', 'bus'].map((channel) =>
    other(
      {
        channel,
        tell: (alert, isRepeat) =>
          call(() => void at.delivered.push(`${channel} ${alert.what} ${alert.finding.trouble}${isRepeat ? '?' : ''}`)),
      },
      lake,
    ),
  );
  const work = tellNews({ lake, clock: { now: () => at.now } }, messengers, look);
  return Promise.race([work.then(() => 'ended' as const), death]);
}

export const finding = (given: Partial<Finding> = {}): Finding => ({
  trouble: 'refused',
  scope: { provider: 'microsoft' },
  level: 'warning',
  since: Date.UTC(2026, 9, 6, 6),
  until: Date.UTC(2026, 9, 6, 7),
  counted: 27,
  of: 36,
  expected: 0.7,
  ...given,
  says: {
    headline: 'On Tuesday 6 October, 06:00 to 08:00 UTC, Microsoft turned away 75.0% of the mail that came there',
    compared: '27 of 36, where 1.99% was expected',
    whose: null,
    why: null,
    said: null,
    todo: 'Read the diagnostic.',
    sure: 'Chance alone would do this in less than one of 1,000,000 such hours.',
    query: 'select * from bounce_diagnostics',
    ...given.says,
  },
});

/** A look that finds these, and of everything else that it is over, if `why` says so. */
export const look = (findings: readonly Finding[], why: string | null = null): Look => ({
  findings,
  whyOver: (open) => (findings.some((one) => nameOf(one) === nameOf(open)) ? null : why),
});

export const alert = (given: Partial<Alert> = {}): Alert => ({
  id: 'f547e2474937-0',
  subject: nameOf(finding()),
  n: 0,
  what: 'opened',
  at: Date.UTC(2026, 9, 6, 8, 40),
  finding: finding(),
  why: null,
  channels: ['topic'],
  ...given,
});
