import { copyFileSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generate } from '#generate/index.ts';
import { addressFinder } from '#test/addresses-in.ts';
import { rowsOf } from '#test/fuzz/both-ways.ts';
import { keysIn } from '#test/generate/folder.ts';
import { rawContent } from '#test/raw-content.ts';
import { type Folder, folder } from '../lake.ts';

const EVERYTHING = ['events', 'clicks', 'headers', 'recipient_messages'];

/** What every file below a folder holds, in text: of Parquet all cells, of Base64 what it encodes, too. */
async function* texts(path: string): AsyncGenerator<{ place: string; text: string }> {
  for (const place of readdirSync(path, { recursive: true, encoding: 'utf8' })) {
    const file = join(path, place);
    if (!statSync(file).isFile()) continue;
    const bytes = readFileSync(file);
    yield { place, text: place };
    if (!place.endsWith('.parquet')) yield { place, text: bytes.toString() };
    else {
      for (const row of await rowsOf(bytes)) {
        for (const [name, text] of Object.entries(row)) {
          yield { place, text };
          if (name === 'raw') yield { place, text: Buffer.from(text, 'base64').toString() };
        }
      }
    }
  }
}

async function filesNaming(addresses: readonly string[], path: string): Promise<string[]> {
  const find = addressFinder(addresses);
  const known = new Map<string, boolean>();
  const found = new Set<string>();
  for await (const { place, text } of texts(path)) {
    const names = known.get(text) ?? find(text).length > 0;
    known.set(text, names);
    if (names) found.add(place);
  }
  return [...found].sort();
}

/** As if two days had passed since anybody touched the lake. */
function age(lake: string): void {
  const then = Date.now() / 1000 - 2 * 86_400;
  for (const name of readdirSync(lake, { recursive: true, encoding: 'utf8' })) {
    if (statSync(join(lake, name)).isFile()) utimesSync(join(lake, name), then, then);
  }
  writeFileSync(join(lake, 'last-collect.json'), JSON.stringify({ at: then * 1000 }));
}

describe.each(['plain', 'hashed'] as const)('in a lake of %s addresses', (addresses) => {
  let here: Folder;
  let persons: string[];
  const count = async (table: string): Promise<number> => {
    const { stdout } = await here.lake('query', `select count(*) as n from ${table}`, '--json');
    return JSON.parse(stdout)[0].n;
  };

  beforeAll(async () => {
    here = folder({ MAILLAKE_ADDRESS_KEY: 'a key that is only for tests, and known to all' });
    await generate({ out: here.at('raw'), messages: 60, days: 3, seed: 5, dirty: true, dates: 2 });
    // The same mail in a lake of plain addresses says who there is.
    await here.lake('run', '--raw', 'raw', '--lake', 'plain');
    const { stdout } = await here.lake(
      'query',
      "select recipient_key from events where recipient_key like '_%@_%._%' group by 1 order by count(*) desc, 1 limit 5",
      ...['--lake', 'plain', '--json'],
    );
    persons = JSON.parse(stdout).map(({ recipient_key }: { recipient_key: string }) => recipient_key);
    await here.lake('plan', '--raw', 'raw');
    writeFileSync(here.at('.lake/lake/settings.json'), JSON.stringify({ addresses }));
    const ran = await here.lake('run', '--raw', 'raw');
    expect(ran.code, ran.stderr).toBe(0);
  }, 240_000);
  afterAll(() => here.remove());

  test('persons leave all tables and, a day later, every byte; copies that come later bring nothing back', async () => {
    const raw = keysIn(here.at('raw')).map((key) => readFileSync(here.at(`raw/${key}`)));
    writeFileSync(here.at('list.txt'), `${persons.join('\r\n')}\n\n`);
    const before = await count('events');
    const preview = JSON.parse((await here.lake('erase', '--file', 'list.txt', '--dry-run', '--json')).stdout);
    expect(await count('events')).toBe(before);

    const erased = await here.lake('erase', '--file', 'list.txt', '--json');
    expect(erased.code, erased.stderr).toBe(0);
    const { rows, sources, left, waiting, ended_at } = JSON.parse(erased.stdout);
    expect({ left, waiting }).toEqual({ left: [], waiting: [] });
    expect(ended_at).toBeGreaterThan(0);
    expect(preview).toMatchObject({ persons: persons.length, rows });
    expect(Object.keys(rows).sort()).toEqual([...EVERYTHING].sort());
    expect(await count('events')).toBe(before - rows.events);
    // It names the raw objects that have them still.
    const find = addressFinder(persons);
    for (const key of sources) {
      const bytes = readFileSync(here.at(`raw/${key}`));
      const text = (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString();
      expect(find(text).length > 0 || /Base64|rawData/i.test(text), key).toBe(true);
    }

    age(here.at('.lake/lake'));
    expect((await here.lake('run')).code).toBe(0);
    expect(await filesNaming(persons, here.at('.lake/lake'))).toEqual([]);
    expect(await filesNaming(persons, here.at('plain'))).not.toEqual([]);
    expect((await here.lake('audit')).code).toBe(0);

    for (const [i, key] of keysIn(here.at('raw')).entries()) {
      if (i % 3 === 0) copyFileSync(here.at(`raw/${key}`), here.at(`raw/copy-${i}-${key.replaceAll('/', '-')}`));
    }
    const again = await here.lake('run', '--json');
    expect(JSON.parse(again.stdout)).toMatchObject({ settled_days: expect.any(Number) });
    expect(await count('events')).toBe(before - rows.events);
    const law = await here.lake(
      'query',
      'select sum(records) - sum(accepted + duplicate + skipped + quarantined + coalesce(erased, 0)) as left_over, sum(erased) > 0 as some from units',
      '--json',
    );
    expect(JSON.parse(law.stdout)).toEqual([{ left_over: 0, some: true }]);
    age(here.at('.lake/lake'));
    await here.lake('run');
    expect(await filesNaming(persons, here.at('.lake/lake'))).toEqual([]);
    expect((await here.lake('audit')).code).toBe(0);
    expect(
      keysIn(here.at('raw'))
        .filter((key) => !key.startsWith('copy-'))
        .map((key) => readFileSync(here.at(`raw/${key}`))),
    ).toEqual(raw);
  }, 240_000);

  test('with --raw they leave raw data, too, where everybody else stays as they were, and a rebuild finds no difference', async () => {
    const before = await contents(here.at('raw'));
    expect((await namedIn(before)).length).toBeGreaterThan(0);
    const looked = await here.lake('erase', '--file', 'list.txt', '--dry-run', '--list-raw', '--json');
    expect(looked.code, looked.stderr).toBe(0);
    expect(looked.stderr).toContain(`reading all raw data: ${before.size} objects`);
    const listed = JSON.parse(looked.stdout);
    expect(listed.raw).toMatchObject({ objects: before.size, left: [], rewritten: [], waiting_units: 0 });
    expect(listed.raw.named).toEqual(await namedIn(before));
    expect(await contents(here.at('raw'))).toEqual(before);

    const erased = await here.lake('erase', '--raw', '--json');
    expect(erased.code, erased.stderr).toBe(0);
    const { raw } = JSON.parse(erased.stdout);
    expect(raw).toMatchObject({ objects: before.size, left: [], waiting_units: 0 });
    expect(raw.rewritten.map(({ key }: { key: string }) => key)).toEqual(listed.raw.named);
    const after = await contents(here.at('raw'));
    expect(await namedIn(after)).toEqual([]);
    const find = addressFinder(persons);
    for (const [key, text] of after) {
      const was = before.get(key) ?? '';
      expect(text.length, key).toBe(was.length);
      // Whatever names nobody of them is as it was, and where it was.
      if (!listed.raw.named.includes(key)) expect(text, key).toBe(was);
      const [lines, those] = [text.split('\n'), was.split('\n')];
      for (const [i, line] of those.entries()) {
        const isTheirs = find(line).length > 0 || !line.startsWith('{') || !line.endsWith('}');
        if (lines.length === those.length && !isTheirs) expect(lines[i], key).toBe(line);
      }
    }

    // Done again it has nothing to do, and nobody is alarmed.
    const again = JSON.parse((await here.lake('erase', '--raw', '--json')).stdout);
    expect(again.raw).toMatchObject({ objects: 0, rewritten: [], left: [] });
    const audited = await here.lake('audit', '--json');
    expect([audited.code, JSON.parse(audited.stdout).drifts]).toEqual([0, []]);
    expect((await here.lake('run')).code).toBe(0);
    const rebuilt = await here.lake('rebuild', '--json');
    expect(rebuilt.code, rebuilt.stderr).toBe(0);
    const { days, columns, daily, unmade } = JSON.parse(rebuilt.stdout);
    // Whether clicks are published is known by clicks: theirs show it no more, in tables or raw data.
    const others = (all: { column: string }[]) => all.filter(({ column }) => !/_(published|trackable)$/.test(column));
    expect({ columns: others(columns), daily: others(daily), unmade }).toEqual({ columns: [], daily: [], unmade: [] });
    expect(days.length).toBeGreaterThan(0);
    for (const { gone, added, ...day } of days) expect({ ...day, gone, added }).toMatchObject({ gone: 0, added: 0 });
  }, 480_000);

  /** What raw objects hold, decompressed, one character a byte. */
  async function contents(path: string): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for (const key of keysIn(path)) {
      found.set(key, (await rawContent(readFileSync(join(path, key)))).toString('latin1'));
    }
    return found;
  }

  /** Keys of those that name any of the persons. */
  async function namedIn(texts: ReadonlyMap<string, string>): Promise<string[]> {
    const find = addressFinder(persons);
    return [...texts].flatMap(([key, text]) => (find(text).length > 0 ? [key] : [])).sort();
  }

  test('wrong usage is said in words, and names no address', async () => {
    const named = await here.lake('erase', '--recipient', 'Ann <ann@example.org>');
    expect([named.code, named.stderr]).toEqual([2, expect.stringContaining('--recipient 1: this is not one address')]);
    expect(named.stderr).not.toContain('ann@example.org');
    const nobody = await here.lake('erase', '--dry-run');
    expect([nobody.code, nobody.stderr]).toEqual([2, expect.stringContaining('nobody is named')]);
  });
});
