import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DAY_MS } from '#lake/days.ts';
import { DeniedObject, type Ports, type RawStore } from '#lake/ports.ts';
import { type OpenUnit, openUnits } from '#lake/protocol/open-units.ts';
import { readBytes, readOutcome } from '#lake/protocol/records.ts';
import { DEFAULT_SETTINGS } from '#lake/settings.ts';
import { planPrefix } from '#lake/steps/plan.ts';
import { deadlineGuard, type Guard, Stopped } from '#lake/steps/transform/guard.ts';
import { type ReadUnit, readUnit } from '#lake/steps/transform/read-unit.ts';
import { beginTry, endTry, SILENT_MS, TRANSFORM_TIMEOUT_MS, VISIBILITY_MS } from '#lake/steps/transform/tries.ts';
import { type TransformOptions, transform } from '#lake/steps/transform.ts';
import { MemoryQueue } from '#local/memory-queue.ts';
import { ManualClock } from '#test/ports/manual-clock.ts';
import { MemoryCatalog } from '#test/ports/memory-catalog.ts';
import { MemoryStore } from '#test/ports/memory-store.ts';
import { ndjson, SENT, sesDelivery, sesSend } from '#test/records.ts';

const settings = DEFAULT_SETTINGS;
const options: TransformOptions = { settings, version: 'abc123' };

interface World {
  ports: Omit<Ports, 'engine' | 'queue'> & { queue: MemoryQueue };
  raw: MemoryStore;
  clock: ManualClock;
}

const world = (): World => {
  const clock = new ManualClock(SENT);
  const raw = new MemoryStore(() => clock.now());
  const lake = new MemoryStore(() => clock.now());
  return { ports: { raw, lake, catalog: new MemoryCatalog(), queue: new MemoryQueue(), clock }, raw, clock };
};

let here: World;
beforeEach(() => {
  here = world();
});
afterEach(async () => {
  // Whatever was tested, the law holds.
  for await (const { key } of here.ports.lake.list('v1/state/units/')) {
    const outcome = await readOutcome(here.ports.lake, key.slice(key.lastIndexOf('/') + 1, -'.json'.length));
    if (!outcome) throw new Error(`no outcome: ${key}`);
    expect(outcome.records).toBe(outcome.accepted + outcome.duplicate + outcome.skipped + outcome.quarantined);
  }
});

/** One unit of so many objects, each with a send of its own. */
async function planned(objects: number): Promise<OpenUnit> {
  for (let i = 0; i < objects; i++) here.raw.put(`o${i}`, ndjson(sesSend({ messageId: `m${i}` })));
  await planPrefix(here.ports, settings, '');
  const [unit] = await openUnits(here.ports.lake);
  if (!unit) throw new Error('nothing was planned');
  return unit;
}

/** Every unit that is open, transformed with `read`, as if each try that throws were a process that died. */
async function drain(read: ReadUnit): Promise<void> {
  for (;;) {
    const [unit] = await openUnits(here.ports.lake);
    if (!unit) return;
    await transform(here.ports, unit, { ...options, read }).catch(() => {});
  }
}

/** A reader that an object takes down, by a fault of the code. */
const diesOf =
  (key: string): ReadUnit =>
  (raw, unit, attempt, how) => {
    if (unit.objects.some((object) => object.key === key)) throw new TypeError('x is undefined');
    return readUnit(raw, unit, attempt, how);
  };

const outcomes = async () => {
  const found = [];
  for await (const { key } of here.ports.lake.list('v1/state/units/')) {
    found.push(await readOutcome(here.ports.lake, key.slice(key.lastIndexOf('/') + 1, -'.json'.length)));
  }
  return found.filter((outcome) => outcome !== null);
};

describe('a unit that fails again and again', () => {
  test('fault 51: is split down to the one object, which is quarantined unread; its neighbours are kept', async () => {
    const unit = await planned(5);
    await drain(diesOf('o3'));
    const all = await outcomes();
    const done = all.filter(({ status }) => status === 'done');
    expect(all.filter(({ status }) => status === 'split').map(({ unit: id }) => id)).toEqual([
      unit.unit,
      `${unit.unit}b`,
    ]);
    expect(done.map(({ unit: id, records, accepted, poison }) => [id, records, accepted, poison?.length ?? 0])).toEqual(
      [
        [`${unit.unit}a`, 3, 3, 0],
        [`${unit.unit}ba`, 1, 0, 1],
        [`${unit.unit}bb`, 1, 1, 0],
      ],
    );
    const poison = done.find((outcome) => outcome.poison);
    expect(poison).toMatchObject({
      quarantined_by_reason: { poison: 1 },
      poison: [{ key: 'o3', why: 'TypeError: x is undefined' }],
      attempt: `${unit.unit}ba.abc123.poison`,
      files: [{ table: 'quarantine', rows: 1 }],
    });
    // A table of outcomes can be summed: splits count nothing.
    const sum = (count: 'objects' | 'records' | 'bytes'): number => all.reduce((total, one) => total + one[count], 0);
    expect([sum('objects'), sum('records'), sum('bytes')]).toEqual([5, 5, unit.bytes]);
    // Three tries for each of the three units with the poison, and then the one that decided.
    const tries = (await Array.fromAsync(here.ports.lake.list(`v1/state/tries/${unit.unit}/`))).map(({ key }) =>
      key.slice(key.lastIndexOf('/') + 1),
    );
    expect(tries).toEqual(['0.failed.json', '0.json', '1.failed.json', '1.json', '2.failed.json', '2.json', '3.json']);
  });

  test('is remembered without what its fault quotes, where addresses are plain, too', async () => {
    await planned(1);
    await drain(() => {
      throw new SyntaxError(
        `Unexpected token, "{"to":"ann@exa" is not valid JSON: ${encodeURIComponent('ann@example.org')}`,
      );
    });
    const kept = await Promise.all(
      (await Array.fromAsync(here.ports.lake.list('v1/state/'))).map(async ({ key }) =>
        Buffer.from(await readBytes(here.ports.lake, key)).toString(),
      ),
    );
    expect(kept.filter((text) => text.includes('SyntaxError')).length).toBeGreaterThan(3);
    expect(kept.filter((text) => /ann(@|%40)/.test(text))).toEqual([]);
  });

  test('fault 51: one object among 2,000 that ends its process without a word is by itself within two hours', async () => {
    const unit = await planned(2000);
    /** Reads nothing but dies of the object; of the others there is no need to know what they hold. */
    const read: ReadUnit = async (raw, { objects, ...one }, attempt, how) => {
      if (objects.some(({ key }) => key === 'o1234')) await new Promise(() => {});
      return readUnit(raw, { ...one, objects: objects.slice(0, 1) }, attempt, how);
    };
    const began = here.clock.now();
    let deaths = 0;
    for (let open = await openUnits(here.ports.lake); open.length > 0; open = await openUnits(here.ports.lake)) {
      const before = deaths;
      for (const { unit: id, plan } of open) {
        const dies = transform(here.ports, { unit: id, plan }, { ...options, read });
        const isDead = Symbol('dead');
        const end = await Promise.race([dies, new Promise((resolve) => setTimeout(() => resolve(isDead), 25))]);
        if (end === isDead) deaths++;
      }
      // Whoever died is noticed when the message comes again; the parts of a split are queued at once.
      if (deaths > before) here.clock.advance(SILENT_MS + 1);
    }
    expect(deaths).toBe(7);
    expect(here.clock.now() - began).toBeLessThan(2 * 3_600_000);
    const poison = (await outcomes()).filter((outcome) => outcome.poison);
    expect(poison.map((outcome) => outcome.poison?.map(({ key }) => key))).toEqual([['o1234']]);
    expect(unit.unit).toBe(poison[0]?.unit.replace(/[ab]+$/, ''));
  });

  test('fault 51: the zombie of a parent that comes after the split finds its outcome taken', async () => {
    const unit = await planned(2);
    let release = (): void => {};
    let isReading = (): void => {};
    const reading = new Promise<void>((resolve) => {
      isReading = resolve;
    });
    const zombie = transform(here.ports, unit, {
      ...options,
      read: async (raw, whole, attempt, how) => {
        isReading();
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        return readUnit(raw, whole, attempt, how);
      },
    });
    await reading;
    await drain(diesOf('o1'));
    release();
    expect(await zombie).toMatchObject({ status: 'split', split: [`${unit.unit}a`, `${unit.unit}b`], files: [] });
    expect(await openUnits(here.ports.lake)).toEqual([]);
    expect((await outcomes()).reduce((sum, { records }) => sum + records, 0)).toBe(2);
  });

  test('the halves of a split are queued, again whenever the split is met', async () => {
    const unit = await planned(2);
    for (let i = 0; i < 3; i++)
      await expect(transform(here.ports, unit, { ...options, read: diesOf('o1') })).rejects.toThrow('x is undefined');
    for (let i = 0; i < 2; i++) {
      expect((await transform(here.ports, unit, options)).status).toBe('split');
      expect(here.ports.queue.takeAll('live')).toEqual([
        { unit: `${unit.unit}a`, plan: unit.plan },
        { unit: `${unit.unit}b`, plan: unit.plan },
      ]);
    }
  });

  test('a half of a unit that was not split is refused: its objects would be in two units', async () => {
    const unit = await planned(2);
    await expect(transform(here.ports, { ...unit, unit: `${unit.unit}a` }, options)).rejects.toThrow('was not split');
  });
});

describe('what counts as a try', () => {
  test('fault 60: a denied object never counts: the unit waits, is not split, and is done when access is granted', async () => {
    const unit = await planned(2);
    const denied: RawStore = {
      list: (prefix, how) => here.raw.list(prefix, how),
      prefixes: (prefix) => here.raw.prefixes(prefix),
      get: (key, how) => (key === 'o1' ? Promise.reject(new DeniedObject(key, 'KMS')) : here.raw.get(key, how)),
    };
    for (let i = 0; i < 5; i++) {
      await expect(transform({ ...here.ports, raw: denied }, unit, options)).rejects.toThrow(DeniedObject);
      here.clock.advance(2 * VISIBILITY_MS);
    }
    expect(await transform(here.ports, unit, options)).toMatchObject({ status: 'done', accepted: 2 });
  });

  test('a body that breaks off is the environment’s fault, a file that can’t be written too', async () => {
    const unit = await planned(1);
    const broken: RawStore = {
      list: (prefix, how) => here.raw.list(prefix, how),
      prefixes: (prefix) => here.raw.prefixes(prefix),
      get: async (key, how) => ({
        ...(await here.raw.get(key, how)),
        body: (async function* () {
          yield Buffer.from('{');
          throw new Error('socket hang up');
        })(),
      }),
    };
    const { lake } = here.ports;
    const full = new Proxy(lake, {
      get: (store, name) =>
        name === 'create'
          ? (key: string, bytes: Uint8Array | string) =>
              key.includes('/live/') ? Promise.reject(new Error('disk full')) : store.create(key, bytes)
          : Reflect.get(store, name).bind(store),
    });
    for (let i = 0; i < 2; i++) {
      await expect(transform({ ...here.ports, raw: broken }, unit, options)).rejects.toThrow('socket hang up');
      await expect(transform({ ...here.ports, lake: full }, unit, options)).rejects.toThrow('disk full');
    }
    expect(await transform(here.ports, unit, options)).toMatchObject({ accepted: 1, quarantined: 0 });
  });

  test('a try that says nothing counts once it is older than the visibility timeout, by the store’s clock', async () => {
    const { ports, clock } = here;
    for (let k = 0; k < 3; k++) expect(await beginTry(ports, 'u', VISIBILITY_MS)).toEqual({ k, counted: 0 });
    clock.advance(VISIBILITY_MS);
    expect(await beginTry(ports, 'u', VISIBILITY_MS)).toEqual({ k: 3, counted: 0 });
    clock.advance(1);
    expect(await beginTry(ports, 'u', VISIBILITY_MS)).toEqual({ k: 4, counted: 3 });
    // fault 54: a worker whose clock is a day ahead counts no more than the others.
    const ahead = { lake: ports.lake, clock: { now: () => clock.now() + DAY_MS, nonce: () => clock.nonce() } };
    expect(await beginTry(ahead, 'u', VISIBILITY_MS)).toEqual({ k: 5, counted: 3 });
  });

  test('a mark whose answer was lost is met again as our own, and is no dead try', async () => {
    const { ports } = here;
    const asksTwice = new Proxy(ports.lake, {
      get: (store, name) =>
        name === 'create'
          ? async (key: string, bytes: Uint8Array | string) => {
              await store.create(key, bytes);
              return store.create(key, bytes);
            }
          : Reflect.get(store, name).bind(store),
    });
    for (let k = 0; k < 3; k++) expect((await beginTry({ ...ports, lake: asksTwice }, 'u', VISIBILITY_MS)).k).toBe(k);
    expect(await Array.fromAsync(ports.lake.list('v1/state/tries/u/'))).toHaveLength(3);
  });

  test('a certain death counts at once, an excuse never, and of both the excuse holds', async () => {
    const { ports, clock } = here;
    for (let k = 0; k < 3; k++) await beginTry(ports, 'u', VISIBILITY_MS);
    await endTry(ports, 'u', 0, 'failed', 'its process ended (SIGKILL)');
    await endTry(ports, 'u', 1, 'excused', 'interrupted');
    await endTry(ports, 'u', 2, 'failed', 'its process ended (SIGKILL)');
    await endTry(ports, 'u', 2, 'excused', 'interrupted');
    clock.advance(2 * VISIBILITY_MS);
    expect((await beginTry(ports, 'u', VISIBILITY_MS)).counted).toBe(1);
  });
});

describe('a guard', () => {
  const stopped = async (unit: OpenUnit, guard: Guard): Promise<void> => {
    await expect(transform(here.ports, unit, { ...options, guard })).rejects.toThrow(Stopped);
  };

  test('fault 61: stops a unit before its time is up, without an outcome; the next try makes it', async () => {
    const unit = await planned(3);
    let asked = 0;
    const guard: Guard = () => (++asked > 2 ? { why: 'out of time', counts: false } : null);
    await stopped(unit, guard);
    expect(await outcomes()).toEqual([]);
    expect(await transform(here.ports, unit, options)).toMatchObject({ status: 'done', accepted: 3 });
  });

  const askedFor = async (object: string | Uint8Array): Promise<number> => {
    here = world();
    here.raw.put('object', object);
    await planPrefix(here.ports, settings, '');
    const [unit] = await openUnits(here.ports.lake);
    if (!unit) throw new Error('nothing was planned');
    let asked = 0;
    const guard: Guard = () => {
      asked++;
      return null;
    };
    await transform(here.ports, unit, { ...options, guard });
    return asked;
  };

  test('is asked within one compressed chunk, however many records it holds, however large they are', async () => {
    const one = await askedFor(gzipSync(ndjson(sesDelivery())));
    const records = Array.from({ length: 1000 }, (_, i) => sesDelivery({ messageId: `m${i}` }));
    expect(await askedFor(gzipSync(ndjson(...records)))).toBeGreaterThanOrEqual(one + 3);
    const large = Array.from({ length: 10 }, (_, i) =>
      sesSend({ messageId: `m${i}`, tags: { x: ['x'.repeat(200_000)] } }),
    );
    expect(await askedFor(gzipSync(ndjson(...large)))).toBeGreaterThanOrEqual(one + 10);
    expect(await askedFor(gzipSync(`${' '.repeat(20_000_000)}${ndjson(sesDelivery())}`))).toBeGreaterThanOrEqual(
      one + 18,
    );
  });

  test('counts running out of time only for a try that had the time to itself', async () => {
    const { clock } = here;
    const full = deadlineGuard(clock, clock.now() + 0.95 * TRANSFORM_TIMEOUT_MS);
    const part = deadlineGuard(clock, clock.now() + 0.5 * TRANSFORM_TIMEOUT_MS);
    expect([full(), part()]).toEqual([null, null]);
    clock.advance(TRANSFORM_TIMEOUT_MS);
    expect([full()?.counts, part()?.counts]).toEqual([true, false]);

    const unit = await planned(2);
    for (let i = 0; i < 4; i++) await stopped(unit, part);
    for (let i = 0; i < 3; i++) await stopped(unit, full);
    expect(await transform(here.ports, unit, { ...options, guard: full })).toMatchObject({ status: 'split' });
  });
});

describe('retries and races', () => {
  test('fault 45: killed at any port call and tried again, a unit writes the same files and has one outcome', async () => {
    const whole = await planned(2);
    const expected = await transform(here.ports, whole, options);
    const bytes = async (lake: MemoryStore): Promise<string[]> =>
      Promise.all(
        expected.files.map(async ({ key }) =>
          Buffer.concat(await Array.fromAsync((await lake.get(key)).body)).toString('base64'),
        ),
      );
    const lakeOf = ({ ports }: World): MemoryStore => {
      if (!(ports.lake instanceof MemoryStore)) throw new TypeError('not in memory');
      return ports.lake;
    };
    const wanted = await bytes(lakeOf(here));
    let killed = 0;
    for (let at = 1; ; at++) {
      here = world();
      const unit = await planned(2);
      let calls = 0;
      let isDead = false;
      // A dead process calls nothing any more: each call from the fatal one on fails, the word of how it ended included.
      const mortal = <T extends object>(port: T): T =>
        new Proxy(port, {
          get: (target, name) => {
            const member = Reflect.get(target, name);
            if (typeof member !== 'function') return member;
            return (...args: unknown[]) => {
              isDead ||= ++calls === at;
              if (isDead) throw new Error('killed');
              return Reflect.apply(member, target, args);
            };
          },
        });
      const { raw, lake, catalog } = here.ports;
      const ports = { ...here.ports, raw: mortal(raw), lake: mortal(lake), catalog: mortal(catalog) };
      const died = await transform(ports, unit, options).then(
        () => false,
        () => true,
      );
      if (!died) break;
      killed++;
      const outcome = await transform(here.ports, unit, options);
      expect(outcome.files).toEqual(expected.files);
      expect(await bytes(lakeOf(here))).toEqual(wanted);
    }
    expect(killed).toBeGreaterThan(8);
  });

  test('fault 46: of two workers on one unit and a zombie, all return one outcome, and there is no second copy', async () => {
    const unit = await planned(2);
    const all = await Promise.all([1, 2, 3].map(() => transform(here.ports, unit, options)));
    expect(all[1]).toEqual(all[0]);
    expect(all[2]).toEqual(all[0]);
    const live = await Array.fromAsync(here.ports.lake.list('v1/live/'));
    expect(live.map(({ key }) => key).sort()).toEqual(all[0]?.files.map(({ key }) => key).sort());
  });

  test('fault 47: a stale message after the outcome changes nothing', async () => {
    const unit = await planned(1);
    const first = await transform(here.ports, unit, options);
    const before = (await Array.fromAsync(here.ports.lake.list(''))).map(({ key, etag }) => [key, etag]);
    expect(await transform(here.ports, unit, { ...options, version: 'def456' })).toEqual(first);
    expect((await Array.fromAsync(here.ports.lake.list(''))).map(({ key, etag }) => [key, etag])).toEqual(before);
  });

  test('fault 50: deployed anew in the middle of a unit, the outcome names the files of one version', async () => {
    const unit = await planned(2);
    const { lake } = here.ports;
    const cut = new Proxy(lake, {
      get: (store, name) =>
        name === 'create'
          ? (key: string, bytes: Uint8Array | string) =>
              key.includes('/units/') ? Promise.reject(new Error('killed')) : store.create(key, bytes)
          : Reflect.get(store, name).bind(store),
    });
    await expect(transform({ ...here.ports, lake: cut }, unit, options)).rejects.toThrow('killed');
    const outcome = await transform(here.ports, unit, { ...options, version: 'def456' });
    expect(outcome.attempt).toBe(`${unit.unit}.def456`);
    expect(outcome.files.every(({ key }) => key.includes('.def456'))).toBe(true);
    const live = await Array.fromAsync(lake.list('v1/live/'));
    expect(live).toHaveLength(2 * outcome.files.length);
  });
});
