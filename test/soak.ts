/**
 * The long search for failures: `npm run test:soak`, or some of it by name: `node test/soak.ts kill crowd`. Each part prints
 * its figures; the last line says which parts held. Exit code 1 if one didn't.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { generate } from '#generate/index.ts';
import { command, done, lakeCommand } from './processes/command.ts';
import { crowdInLake, crowdOracle, transformInCrowd, writeCrowd } from './processes/crowd.ts';
import { fullDiskScript } from './processes/full-disk.ts';
import { auditedClean, forgetLake, killErasures, killRebuilds, killRuns } from './processes/kill-run.ts';
import { tableDigests } from './processes/table-digests.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    megabytes: { type: 'string', default: '200' },
    kills: { type: 'string', default: '20' },
    objects: { type: 'string', default: '42000' },
    inputs: { type: 'string', default: '200000' },
    seed: { type: 'string', default: '1' },
  },
});
const seed = Number(values.seed);
/** Stored bytes of a generated message, measured over 1,000,000 of them. */
const BYTES_A_MESSAGE = 755;
const folder = mkdtempSync(join(tmpdir(), 'maillake-soak-'));
const at = (name: string): string => join(folder, name);
const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(0)} s`;
const say = (text: string): void => console.log(`  ${text}`);

/** Another script of the tests, whose output is passed on. */
async function script(name: string, ...args: string[]): Promise<void> {
  const path = fileURLToPath(new URL(name, import.meta.url));
  if (!existsSync(path)) throw new Error(`there is no test/${name}`);
  const { stdout, stderr, code } = await command(process.execPath, ['--expose-gc', path, ...args]).ended;
  for (const line of stdout.trimEnd().split('\n')) say(line);
  if (code !== 0) throw new Error(`test/${name} exits ${code}: ${stderr}`);
}

/** Tests of one file, with more to try than `npm test` has time for. */
async function tests(name: string, environment: Record<string, string>): Promise<void> {
  const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
  const root = fileURLToPath(new URL('..', import.meta.url));
  const { stdout, code } = await command(process.execPath, [vitest, 'run', '--root', root, `test/${name}`], {
    environment,
  }).ended;
  say(stdout.trimEnd().split('\n').at(-1) ?? '');
  if (code !== 0) throw new Error(`test/${name} fails:\n${stdout}`);
}

let undisturbed: { runMs: number; tables: Record<string, string> } | null = null;
async function reference(): Promise<{ runMs: number; tables: Record<string, string> }> {
  if (undisturbed) return undisturbed;
  const messages = Math.ceil((Number(values.megabytes) * 1e6) / BYTES_A_MESSAGE);
  const { objects, bytes, events } = await generate({ out: at('raw'), messages, days: 30, seed });
  const began = performance.now();
  await done(lakeCommand(['run', '--raw', at('raw'), '--lake', at('undisturbed')]));
  const runMs = performance.now() - began;
  say(`${(bytes / 1e6).toFixed(0)} MB in ${objects} objects, ${events} events; undisturbed run: ${seconds(began)}`);
  undisturbed = { runMs, tables: await tableDigests(at('undisturbed')) };
  return undisturbed;
}

async function rowsIn<Row>(lake: string, sql: string): Promise<Row[]> {
  return JSON.parse((await done(lakeCommand(['query', sql, '--lake', lake, '--format', 'json']))).stdout);
}

function isSame(tables: Record<string, string>, expected: Record<string, string>): void {
  const different = Object.keys({ ...tables, ...expected }).filter((day) => tables[day] !== expected[day]);
  if (different.length > 0) throw new Error(`tables differ: ${different.join(', ')}`);
  say(`${Object.keys(expected).length} days of tables are the same`);
}

const PARTS: Record<string, () => Promise<void>> = {
  model: () => script('simulator/settle-model.ts'),
  simulator: () => script('simulator/soak.ts'),
  scale: () => script('simulator/scale.ts'),
  fuzz: () => script('fuzz/run.ts', '--inputs', values.inputs, '--seed', values.seed),
  costs: () => script('fuzz/costs.ts'),
  shapes: () => script('fuzz/shapes.ts', '--inputs', values.inputs, '--seed', values.seed),
  report: () => script('report/seeds.ts', '20'),
  truth: () => tests('sql/truth.test.ts', { SEEDS: Array.from({ length: 20 }, (_, i) => seed + 1 + i).join(',') }),
  alerts: () => script('report/alerts/quarters.ts', '20'),
  anomalies: () => script('sql/anomaly-seeds.ts', '20'),
  async kill() {
    const { runMs, tables } = await reference();
    const began = performance.now();
    const { kills, ended, after } = await killRuns({
      raw: at('raw'),
      lake: at('killed'),
      kills: Number(values.kills),
      seed,
      withinMs: runMs * 0.6,
      onEnd: async () => isSame(await tableDigests(at('killed')), tables),
    });
    await auditedClean(at('raw'), at('killed'));
    const steps = Object.entries(after).map(([step, n]) => `${n} with ${step}`);
    say(`${kills} kills in ${seconds(began)}, the last ${values.kills} in a row on one lake: ${steps.join(', ')}`);
    say(`${ended} runs ended before their kill, and the row began anew`);
    isSame(await tableDigests(at('killed')), tables);
  },
  async rebuild() {
    const { tables } = await reference();
    forgetLake(at('undisturbed'));
    await done(lakeCommand(['run', '--raw', at('raw'), '--lake', at('undisturbed')]));
    await auditedClean(at('raw'), at('undisturbed'));
    isSame(await tableDigests(at('undisturbed')), tables);
  },
  /** Another meaning of a tag: killed on the way, a rebuild makes the tables that a lake has which was read so from the beginning. */
  async retagged() {
    const { runMs, tables } = await reference();
    const settings = JSON.stringify({ tags: { campaign: 'journey_activity_id' } });
    mkdirSync(at('from-the-beginning'));
    writeFileSync(join(at('from-the-beginning'), 'settings.json'), settings);
    await done(lakeCommand(['run', '--raw', at('raw'), '--lake', at('from-the-beginning')]));
    const wanted = await tableDigests(at('from-the-beginning'));
    cpSync(at('undisturbed'), at('retagged'), { recursive: true, preserveTimestamps: true });
    writeFileSync(join(at('retagged'), 'settings.json'), settings);
    const began = performance.now();
    const options = { raw: at('raw'), lake: at('retagged'), kills: Number(values.kills), seed, withinMs: runMs };
    const { kills, after, columns, unmade } = await killRebuilds(options);
    const steps = Object.entries(after).map(([step, n]) => `${n} with ${step}`);
    say(`${kills} kills in ${seconds(began)}: ${steps.join(', ')}`);
    say(`it names ${columns.map(({ table, column }) => `${table}.${column}`).join(', ')}`);
    if (columns.some(({ column }) => !/^(campaign_id|journey_activity_id)$/.test(column)) || unmade.length > 0) {
      throw new Error('it names what did not change, or left days');
    }
    isSame(await tableDigests(at('retagged')), tables);
    await done(lakeCommand(['rebuild', '--switch', '--raw', at('raw'), '--lake', at('retagged')]));
    isSame(await tableDigests(at('retagged')), wanted);
    await auditedClean(at('raw'), at('retagged'));
  },
  /** A hundred persons are forgotten, killed on the way: the tables are those of who forgot them undisturbed, and name none of them. */
  async forgotten() {
    await reference();
    const [before, whole, killed, persons] = [
      at('undisturbed'),
      at('forgotten'),
      at('forgotten-killed'),
      at('persons.txt'),
    ];
    // Those with most mail, and some with little.
    const chosen = await rowsIn<{ recipient_key: string }>(
      before,
      'select recipient_key from (select recipient_key, row_number() over (order by count(*) desc, recipient_key) as n from recipient_messages group by recipient_key) as ranked where n <= 50 or n % 200 = 0 order by n limit 100',
    );
    writeFileSync(persons, chosen.map(({ recipient_key }) => `${recipient_key}\n`).join(''));
    for (const lake of [whole, killed]) cpSync(before, lake, { recursive: true, preserveTimestamps: true });
    const began = performance.now();
    const { stdout } = await done(lakeCommand(['erase', '--file', persons, '--lake', whole, '--json']));
    const eraseMs = performance.now() - began;
    const { rows, masked } = JSON.parse(stdout);
    say(
      `${chosen.length} persons in ${seconds(began)}: rows ${JSON.stringify(rows)}, masked ${JSON.stringify(masked)}`,
    );
    const list = chosen.map(({ recipient_key }) => `'${recipient_key.replaceAll("'", "''")}'`).join(', ');
    for (const [table, column] of [
      ['events', 'recipient_key'],
      ['clicks', 'recipient_key'],
      ['recipient_messages', 'recipient_key'],
      ['headers', 'value'],
    ]) {
      const [{ n } = { n: -1 }] = await rowsIn<{ n: number }>(
        whole,
        `select count(*) as n from ${table} cross join unnest(array[${list}]) as persons (address) where strpos(lower(${column}), address) > 0`,
      );
      if (n !== 0) throw new Error(`${table}.${column} names them ${n} times`);
    }
    const options = { lake: killed, before, persons, kills: Number(values.kills), seed, withinMs: eraseMs };
    const { kills, after } = await killErasures(options);
    say(
      `${kills} kills: ${Object.entries(after)
        .map(([state, n]) => `${n} with ${state}`)
        .join(', ')}`,
    );
    isSame(await tableDigests(killed), await tableDigests(whole));
    for (const lake of [whole, killed]) await auditedClean(at('raw'), lake);
  },
  /** A disk that is full sooner and later, so that the lake meets its end in each step. */
  async disk() {
    const [raw, lake] = [at('small-raw'), at('small-lake')];
    await generate({ out: raw, messages: 800, days: 5, seed });
    await done(lakeCommand(['run', '--raw', raw, '--lake', lake]));
    const tables = await tableDigests(lake);
    let full = 0;
    let hasRoom = false;
    for (let kilobytes = 128; !hasRoom; kilobytes = Math.ceil(kilobytes * 1.4)) {
      const [disk, kept] = [at(`disk-${kilobytes}`), at(`kept-${kilobytes}`)];
      for (const folder of [disk, kept]) mkdirSync(folder);
      const { program, args } = fullDiskScript(raw, disk, kept, kilobytes);
      const { stdout, stderr } = await command(program, args).ended;
      const [, first, second] = /first: (\d+)[\s\S]*second: (\d+)/.exec(stdout) ?? [];
      if (second !== '0') throw new Error(`with room again, after ${kilobytes} KB, run exits ${second}: ${stderr}`);
      hasRoom = first === '0';
      if (!hasRoom) full++;
      const found = await tableDigests(kept);
      const different = Object.keys({ ...found, ...tables }).filter((day) => found[day] !== tables[day]);
      if (different.length > 0)
        throw new Error(`after a disk of ${kilobytes} KB tables differ: ${different.join(', ')}`);
      await auditedClean(raw, kept);
    }
    say(`${full} disks that were too small, and the same tables on each once there was room`);
  },
  async crowd() {
    const objects = Number(values.objects);
    writeCrowd(at('crowd'), objects);
    const began = performance.now();
    const options = { raw: at('crowd'), lake: at('crowd-lake'), processes: 4, kills: 12, seed, withinMs: 20_000 };
    const killed = await transformInCrowd(options);
    await auditedClean(options.raw, options.lake);
    const [found, expected] = [await crowdInLake(options.lake), crowdOracle(objects)];
    if (JSON.stringify(found) !== JSON.stringify(expected)) throw new Error('the lake is not what the oracle says');
    say(
      `${objects} objects, 4 processes, ${killed} kills, ${found.records} records, ${found.events.length} events: as the oracle says, in ${seconds(began)}`,
    );
  },
};

const names = positionals.length > 0 ? positionals : Object.keys(PARTS);
const failed: string[] = [];
const beganAt = performance.now();
for (const name of names) {
  console.log(name);
  const began = performance.now();
  try {
    const part = PARTS[name];
    if (!part) throw new Error(`there is no such part: ${name} (parts: ${Object.keys(PARTS).join(', ')})`);
    await part();
    say(`${name} held, ${seconds(began)}`);
  } catch (error) {
    failed.push(name);
    say(`FAILED: ${error instanceof Error ? error.message : String(error)}`);
  }
}
rmSync(folder, { recursive: true, force: true });
console.log(
  `soak: ${names.length - failed.length} of ${names.length} parts held in ${seconds(beganAt)}${failed.length > 0 ? `; failed: ${failed.join(', ')}` : ''}`,
);
process.exitCode = failed.length > 0 ? 1 : 0;
