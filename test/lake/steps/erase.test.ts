import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { DAY_MS } from '#lake/days.ts';
import { askForErasure } from '#lake/protocol/erasures.ts';
import { erasuresRoot, restsFolder } from '#lake/protocol/keys.ts';
import { openUnits } from '#lake/protocol/open-units.ts';
import { audit } from '#lake/steps/audit.ts';
import { collect } from '#lake/steps/collect.ts';
import { erase } from '#lake/steps/erase.ts';
import { transform } from '#lake/steps/transform.ts';
import { addressFinder } from '#test/addresses-in.ts';
import { KEYED_HASH, rowsOf } from '#test/fuzz/both-ways.ts';
import { countingStore } from '#test/ports/counting.ts';
import { ndjson, rawKey, SENT, sesBounce, sesClick, sesDelivery, sesOpen, sesSend } from '#test/records.ts';
import { NOW, type SmallLake, smallLake } from '#test/small-lake.ts';
import { age } from './aged.ts';

const ANN = 'Ann.Doe+news@example.org';
const BOB = 'bob@example.net';
const base64 = (text: string): string => Buffer.from(text).toString('base64url');

let lake: SmallLake;
afterEach(() => lake.close());

/** Mail to Ann alone, to Bob alone, to both; mail of Bob's that names Ann; and a record that can't be read and names her. */
const toAnn = { messageId: 'a1', to: [`Ann Doe <${ANN}>`] };
const toBoth = { messageId: 'ab', to: [`"Doe, Ann" <${ANN}>`, `Bob <${BOB}>`] };
const toBob = { messageId: 'b1', to: [BOB], tags: { friend: [base64(`{"of":"${ANN}"}`)] } };
const RECORDS = [
  sesSend(toAnn),
  sesDelivery(toAnn),
  sesOpen(toAnn),
  sesClick(toAnn),
  sesSend(toBoth),
  sesDelivery(toBoth),
  sesBounce({ ...toBoth, bounced: [ANN] }),
  sesOpen(toBoth),
  sesSend(toBob),
  sesDelivery(toBob),
  sesClick({ ...toBob, link: `https://shop.example.com/f?friend=${encodeURIComponent(ANN.toUpperCase())}` }),
];
/** Escaped as Go does it, with what folds a header. */
const BROKEN = `{"eventType":"Send","mail":{"destination":["${BOB},\\r\\n\\t${ANN}","Ann \\u003c${ANN}\\u003e"],`;

async function fill(): Promise<void> {
  lake = await smallLake();
  lake.put(rawKey(SENT + 3_600_000, 'one'), ndjson(...RECORDS) + BROKEN);
  await lake.run();
}

const ask = (): Promise<unknown> => askForErasure(lake.lake.ports.lake, KEYED_HASH, [ANN], lake.clock.now);
const doErase = (): ReturnType<typeof erase> =>
  erase(lake.lake.ports, { settings: lake.lake.settings, keyedHash: KEYED_HASH });

/** Transforms as who has the key. */
async function transformAll(): Promise<void> {
  const { ports, settings } = lake.lake;
  for (const unit of await openUnits(ports.lake)) {
    await transform(ports, unit, { settings, version: 'abc124', keyedHash: KEYED_HASH });
  }
}

/** Files of the lake that hold her address in any form. */
async function naming(address: string): Promise<string[]> {
  const find = addressFinder([address, address.toLowerCase()]);
  const root = join(lake.folder, 'lake');
  const found = new Set<string>();
  for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    const path = join(root, name);
    if (!statSync(path).isFile()) continue;
    const bytes = readFileSync(path);
    const cells = name.endsWith('.parquet') ? (await rowsOf(bytes)).flatMap((row) => Object.values(row)) : [];
    const texts = [name, bytes.toString('latin1'), ...cells].flatMap((text) => [
      text,
      Buffer.from(text, 'base64').toString(),
    ]);
    if (texts.some((text) => find(text).length > 0)) found.add(name);
  }
  return [...found].sort();
}

const count = async (sql: string): Promise<number> => Number(Object.values((await lake.rows(sql))[0] ?? {})[0]);

/** A day and more later, when nobody reads any more what was before. */
async function collectLater(): Promise<void> {
  lake.clock.now += 26 * 3_600_000;
  await collect(lake.lake.ports, {
    ...(await import('#lake/steps/collect/rules.ts')).COLLECT_RULES,
    // The disk's files are of the machine's own time.
    isPastGrace: () => true,
  });
}

test('a person leaves every table, other rows lose only what names them, and in the end no byte holds the address', async () => {
  await fill();
  expect((await naming(ANN)).length).toBeGreaterThan(3);
  const bobs = await lake.rows(
    "select event_type, recipient_key from events where recipient_key = 'bob@example.net' order by event_id",
  );
  const raw = readFileSync(join(lake.folder, 'raw', rawKey(SENT + 3_600_000, 'one')));

  await ask();
  const { left, waiting, end } = await doErase();
  await lake.rollup();
  expect({ left, waiting }).toEqual({ left: [], waiting: [] });
  expect(end).toMatchObject({
    // Send, delivery, open and click of hers, send, delivery and bounce of the mail to both.
    rows: { events: 7, clicks: 1, headers: 3, recipient_messages: 2 },
    // Of Bob's mail the tag and the link; the tag in each of its rows. Quarantine keeps the row without its bytes.
    masked: { events: 3, clicks: 1, headers: 1, quarantine: 1 },
    sources: [rawKey(SENT + 3_600_000, 'one')],
  });

  expect(await count("select count(*) from events where recipient_key like 'ann%'")).toBe(0);
  expect(await count("select count(*) from recipient_messages where recipient_key like 'ann%'")).toBe(0);
  expect(
    await lake.rows(
      "select event_type, recipient_key from events where recipient_key = 'bob@example.net' order by event_id",
    ),
  ).toEqual(bobs);
  expect(await lake.rows("select value from headers where name_lower = 'to' order by message_id")).toEqual([
    { value: `erased; Bob <${BOB}>` },
    { value: BOB },
  ]);
  const [{ link, tags } = {}] = await lake.rows("select link, tags from events where event_type = 'click'");
  expect(link).toBe('https://shop.example.com/f?friend=erased');
  expect(Buffer.from(JSON.parse(String(tags)).friend[0], 'base64url').toString()).toBe('{"of":"erased"}');

  await collectLater();
  expect(await naming(ANN)).toEqual([]);
  expect(await naming(BOB)).not.toEqual([]);
  expect(readFileSync(join(lake.folder, 'raw', rawKey(SENT + 3_600_000, 'one')))).toEqual(raw);
  const report = await audit(lake.lake.ports, { settings: lake.lake.settings, reach: 'all' });
  expect(report.drifts).toEqual([]);
});

test('an event with a date of years ahead keeps no erasure open, and its rows go, too', async () => {
  lake = await smallLake();
  const sentAt = Date.parse('2031-01-01T09:00:00Z');
  lake.put(
    rawKey(SENT + 3_600_000, 'one'),
    ndjson(sesSend({ ...toAnn, sentAt }), sesSend({ ...toBob, sentAt }), ...RECORDS),
  );
  await lake.run();
  expect(await count("select count(*) from events where dt = '2031-01-01'")).toBe(2);
  await ask();
  const { waiting, end } = await doErase();
  expect([waiting.map(({ dt }) => dt), end]).toEqual([['2031-01-01', '2031-01-01'], null]);
  lake.clock.now += 4 * DAY_MS;
  const report = await audit(lake.lake.ports, { settings: lake.lake.settings, reach: 'all' });
  expect(report.drifts.map(({ kind, key }) => `${kind} ${key}`)).toEqual([
    'unerased_day events dt=2031-01-01',
    'unerased_day headers dt=2031-01-01',
  ]);
  await lake.settle();
  expect((await doErase()).end).not.toBeNull();
  await lake.rollup();
  expect(await lake.rows("select recipient_key from events where dt = '2031-01-01'")).toEqual([{ recipient_key: BOB }]);
  await collectLater();
  expect(await naming(ANN)).toEqual([]);
});

test('where there was nobody else on a day, nothing is left of it, however old it is', async () => {
  lake = await smallLake();
  lake.put(rawKey(SENT + 3_600_000, 'one'), ndjson(sesSend(toAnn), sesDelivery(toAnn), sesClick(toAnn)));
  await lake.run();
  await collectLater();
  await ask();
  await doErase();
  await lake.rollup();
  expect((await naming(ANN)).length).toBeGreaterThan(3);
  await collectLater();
  expect(await naming(ANN)).toEqual([]);
});

test('a copy that comes later is kept out, counts as erased, and what is sent to the person afterwards is kept', async () => {
  await fill();
  await ask();
  await doErase();
  lake.put(rawKey(NOW - 3_600_000, 'copy'), gzipSync(ndjson(...RECORDS) + BROKEN));
  const later = { messageId: 'a2', to: [ANN], sentAt: NOW + 60_000 };
  lake.put(rawKey(NOW + 3_600_000, 'later'), ndjson(sesSend(later), sesDelivery(later)), NOW + 3_600_000);
  lake.clock.now += 2 * DAY_MS;
  await lake.plan();
  await transformAll();
  const [units] = await lake.rows(
    'select sum(records) as records, sum(accepted) as accepted, sum(duplicate) as duplicate, sum(skipped) as skipped, sum(quarantined) as quarantined, sum(erased) as erased from units',
  );
  // Hers, and the bounce of the mail to both.
  expect(units).toMatchObject({ records: 26, erased: 5, quarantined: 2 });
  await lake.settle();
  await lake.rollup();
  expect(
    await count("select count(*) from events where lower(recipient) like '%ann.doe%' and message_id <> 'a2'"),
  ).toBe(0);
  expect(await count("select count(*) from events where message_id = 'a2'")).toBe(2);
  const { end, left } = await doErase();
  expect(left).toEqual([]);
  expect(end).not.toBe(null);
  const report = await audit(lake.lake.ports, { settings: lake.lake.settings, reach: 'all' });
  expect(report.drifts).toEqual([]);
});

test('what a worker had read without knowing is looked through once it is settled', async () => {
  await fill();
  lake.put(rawKey(NOW - 3_600_000, 'copy'), ndjson(...RECORDS));
  await lake.plan();
  await lake.transformAll();
  await ask();
  const { left, waiting, end } = await doErase();
  expect({ left, end }).toEqual({ left: [], end: null });
  expect(waiting.map(({ table }) => table).sort()).toEqual(['clicks', 'events', 'headers']);
  await lake.settle();
  expect(await count("select count(*) from events where recipient_key like 'ann%'")).toBe(7);
  expect((await doErase()).end).not.toBe(null);
  expect(await count("select count(*) from events where recipient_key like 'ann%'")).toBe(0);
});

test('what is settled after it was over is looked through by the next look of a day, which goes by what is new', async () => {
  await fill();
  // A worker that has not heard of the erasure, and writes when everything was looked through.
  lake.put(rawKey(NOW - 3_600_000, 'copy'), ndjson(...RECORDS));
  await lake.plan();
  const { ports } = lake.lake;
  const [unit] = await openUnits(ports.lake);
  const { store } = countingStore(ports.lake);
  const unaware = { ...store, list: (prefix: string) => (prefix === erasuresRoot ? nothing() : store.list(prefix)) };
  await ask();
  expect((await doErase()).end).not.toBe(null);
  const rests = (): Promise<unknown[]> => Array.fromAsync(ports.lake.list(restsFolder(0)));
  const look = (): ReturnType<typeof erase> =>
    erase(ports, { settings: lake.lake.settings, keyedHash: KEYED_HASH, mayRest: true });
  await look();
  expect(await rests()).toHaveLength(1);
  age(lake, 1);
  if (unit) await transform({ ...ports, lake: unaware }, unit, { settings: lake.lake.settings, version: 'abc123' });
  await lake.settle();
  expect(await count("select count(*) from events where recipient_key like 'ann%'")).toBe(7);
  age(lake, 1);
  await look();
  expect(await count("select count(*) from events where recipient_key like 'ann%'")).toBe(7);
  lake.clock.now += 21 * 3_600_000;
  await look();
  expect(await count("select count(*) from events where recipient_key like 'ann%'")).toBe(0);
  expect(await rests()).toHaveLength(2);
});

async function* nothing(): AsyncGenerator<never> {}

test('without the key nothing is read, and an erasure under another key is refused', async () => {
  await fill();
  await ask();
  lake.put(rawKey(NOW - 3_600_000, 'copy'), ndjson(...RECORDS));
  await lake.plan();
  await expect(lake.transformAll()).rejects.toThrow('no key to know them by');
  const other = { ...KEYED_HASH, fingerprint: 'another' };
  await expect(askForErasure(lake.lake.ports.lake, other, [BOB], NOW)).rejects.toThrow('under another key');
});
