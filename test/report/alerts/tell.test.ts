import { describe, expect, test } from 'vitest';
import { HOUR_MS } from '#lake/days.ts';
import { DEAD_AFTER_MS, type Messenger } from '#report/alerts/tell.ts';
import { type Fate, finding, look, type Outside, outside, run, type Variant } from './messages.ts';

const undisturbed = (): Fate => 'done';
const FOUND = look([finding(), finding({ trouble: 'silent', scope: {} })]);
const OVER = look([], 'all is well');
/** What must be heard in the end, and nothing else. */
const HEARD = ['opened refused', 'opened silent', 'over refused', 'over silent'].flatMap((what) =>
  ['topic', 'bus'].map((channel) => `${channel} ${what}`),
);

/** Kills the call with that number, counted over a run. */
const killing = (call: number, fate: Fate): (() => Fate) => {
  let left = call;
  return () => (left-- === 0 ? fate : 'done');
};

const later = (at: Outside): void => {
  at.now += Math.max(HOUR_MS, DEAD_AFTER_MS);
};

/** What the schedule does when nobody is killed any more. */
async function calm(at: Outside, variant?: Variant): Promise<void> {
  for (const seen of [FOUND, FOUND, OVER, OVER, OVER]) {
    later(at);
    await run(at, seen, undisturbed, variant);
  }
}

/** What is wrong with what was heard, in words. `deaths`: how often somebody was killed between telling and saying so. */
function faults(delivered: readonly string[], deaths: number): string[] {
  const told = Map.groupBy(delivered, (what) => what.replace('?', ''));
  const twice = [...told].filter(([, each]) => each.length > 1);
  return [
    ...HEARD.filter((what) => !told.has(what)).map((what) => `never: ${what}`),
    ...[...told.keys()].filter((what) => !HEARD.includes(what)).map((what) => `made up: ${what}`),
    ...(twice.length > deaths ? twice.map(([what]) => `twice: ${what}`) : []),
    // What nobody has heard of must say that it may be a repeat.
    ...twice
      .filter(([, each]) => each.slice(1).some((what) => !what.endsWith('?')))
      .map(([what]) => `unmarked: ${what}`),
  ];
}

/** Every call of the first look, and of the one that finds it over, is one before and after which the run is killed. */
async function killPoints(variant?: Variant): Promise<{ points: number; faults: string[] }> {
  const found: string[] = [];
  let points = 0;
  for (const seen of [FOUND, OVER])
    for (const fate of ['killed before', 'killed after'] as const)
      for (let call = 0; found.length === 0; call++) {
        const at = outside();
        if (seen === OVER) await run(at, FOUND, undisturbed, variant);
        later(at);
        if ((await run(at, seen, killing(call, fate), variant)) === 'ended') break;
        points++;
        const deaths =
          at.delivered.length - [...at.objects.keys()].filter((key) => /[a-z]\.told\.json$/.test(key)).length;
        await calm(at, variant);
        found.push(...faults(at.delivered, deaths).map((fault) => `${fate} call ${call}: ${fault}`));
      }
  return { points, faults: found };
}

/** Two runs at once, call by call in each possible order of the first `depth` calls; then the one after the other. */
async function crowd(depth: number, variant?: Variant): Promise<string[]> {
  const found: string[] = [];
  for (let order = 0; order < 2 ** depth && found.length === 0; order++) {
    const at = outside();
    const waiting: [(() => void)[], (() => void)[]] = [[], []];
    const turnOf = (who: 0 | 1) => (): Promise<Fate> =>
      new Promise((resolve) => waiting[who].push(() => resolve('done')));
    const ended: [boolean, boolean] = [false, false];
    const both = ([0, 1] as const).map((who) =>
      run(at, look([finding()]), turnOf(who), variant).then(() => {
        ended[who] = true;
      }),
    );
    for (let step = 0; !ended[0] || !ended[1]; step++) {
      // Until both wait or have ended.
      for (let spin = 0; spin < 20 && ([0, 1] as const).some((who) => !ended[who] && waiting[who].length === 0); spin++)
        await Promise.resolve();
      const wanted = step < depth ? (((order >> step) & 1) as 0 | 1) : 0;
      const next = waiting[wanted].shift() ?? waiting[wanted === 0 ? 1 : 0].shift();
      if (next) next();
      else await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(both);
    await calm(at, variant);
    found.push(...faults(at.delivered, 0));
  }
  return found;
}

describe('whoever tells', () => {
  test('tells each news once on each channel, and when it is over', async () => {
    const at = outside();
    await calm(at);
    expect(at.delivered).toEqual(HEARD);
  });

  test('may be killed before and after each call: nothing is left out, and twice is told only what nobody heard the end of', async () => {
    const { points, faults: found } = await killPoints();
    expect(found).toEqual([]);
    expect(points).toBeGreaterThan(60);
  });

  test('may be two at once, in any order of their calls', async () => {
    expect(await crowd(8)).toEqual([]);
  });

  test('tells again in an hour what could not be delivered, and that it may be a repeat', async () => {
    const at = outside();
    let isDown = true;
    const variant: Variant = {
      messenger: (messenger) => ({
        ...messenger,
        tell: (alert, isRepeat) =>
          isDown ? Promise.reject(new Error('the service is down')) : messenger.tell(alert, isRepeat),
      }),
    };
    await run(at, look([finding()]), undisturbed, variant);
    isDown = false;
    await run(at, look([finding()]), undisturbed, variant);
    expect(at.delivered).toEqual([]);
    later(at);
    await run(at, look([finding()]), undisturbed, variant);
    expect(at.delivered).toEqual(['topic opened refused?', 'bus opened refused?']);
  });

  test('tells of what has become worse, and once', async () => {
    const at = outside();
    for (const level of ['warning', 'critical', 'warning', 'critical'] as const) {
      await run(at, look([finding({ level })]), undisturbed);
      later(at);
    }
    expect(at.delivered.filter((what) => what.startsWith('bus'))).toEqual(['bus opened refused', 'bus worse refused']);
  });

  test('does not tell days that an hourly look has told and closed, but what comes after', async () => {
    const at = outside();
    await run(at, look([finding()]), undisturbed);
    later(at);
    await run(at, OVER, undisturbed);
    const before = at.delivered.length;
    await run(at, look([finding({ until: Date.UTC(2026, 9, 6) })]), undisturbed);
    expect(at.delivered).toHaveLength(before);
    await run(at, look([finding({ until: Date.UTC(2026, 9, 7) })]), undisturbed);
    expect(at.delivered.slice(before)).toEqual(['topic opened refused', 'bus opened refused']);
  });
});

describe('a mistaken program is caught', () => {
  const marks = (key: string): boolean => /\.\d+\.json$/.test(key);
  const told = (key: string): boolean => /\.told\.json$/.test(key);
  const with_ = (of: (key: string) => boolean): Variant => ({
    lake: (lake) => ({ ...lake, create: (key, bytes) => (of(key) ? Promise.resolve(true) : lake.create(key, bytes)) }),
  });
  /** Says that it was told, and then tells. */
  const saysFirst: Variant = {
    messenger: (messenger: Messenger, lake) => ({
      ...messenger,
      async tell(alert, isRepeat) {
        const { alertToldKey } = await import('#lake/protocol/keys.ts');
        await lake.create(alertToldKey(alert.subject, alert.n, messenger.channel), '{}');
        await messenger.tell(alert, isRepeat);
      },
    }),
  };

  test('that marks as told before it tells: some is never told', async () => {
    expect((await killPoints(saysFirst)).faults.some((fault) => fault.includes('never'))).toBe(true);
  });

  test('that keeps no record of what it is about to tell', async () => {
    const { faults: found } = await killPoints(with_((key) => !marks(key) && !told(key)));
    expect(found.some((fault) => fault.includes('twice') || fault.includes('never'))).toBe(true);
  });

  test('that never marks what was told', async () => {
    expect((await killPoints(with_(told))).faults.some((fault) => fault.includes('twice'))).toBe(true);
  });

  test('that marks no try: two at once tell the same', async () => {
    expect((await crowd(8, with_(marks))).some((fault) => fault.startsWith('twice'))).toBe(true);
  });
});
