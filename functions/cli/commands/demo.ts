/** The command `demo`: generates raw data, reads it into a lake, and writes a report. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { byteCount, count, duration } from '#host/figures.ts';
import { keepRaw } from '#local/raw/known-folder.ts';
import type { Console } from '../console.ts';
import { type ExplainedIncident, findings, findingsLines } from './headlines.ts';
import { DEMO_FOLDER, examples, type JsonOption, jsonOption, LAKE, withLake, writableFolder } from './options.ts';
import { summaryLines } from './run.ts';

/** The demo's mail; the answers of sql/HANDBOOK.md are its. */
export const DEMO = { messages: 20_000, days: 90, seed: 1 };

const RAW = join(DEMO_FOLDER, 'raw');
const LAKE_FOLDER = join(DEMO_FOLDER, 'lake');
const REPORT = join(DEMO_FOLDER, 'report.html');

export const demoCommand = (to: Console): Command =>
  new Command('demo')
    .description('from nothing to numbers: generate, run, report')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `\nEverything it makes lies in ${DEMO_FOLDER}, which it empties first.\n${examples(['demo'], ['demo --json'])}`,
    )
    .action(async ({ json }: JsonOption) => {
      const startedAt = performance.now();
      to.note(`${DEMO.days} days of a sender: ${count(DEMO.messages)} messages, as Firehose delivers their events`);
      const { generated, ...found } = await work(to);
      const seconds = (performance.now() - startedAt) / 1000;
      if (json) return to.json({ folder: DEMO_FOLDER, generated, ...found, seconds });
      await to.print(demoLines(found, seconds, to));
    });

async function work(to: Console) {
  const [{ generate }, { runAll }, { writeReport }] = await Promise.all([
    import('#generate/index.ts'),
    import('#local/run/run.ts'),
    import('#report/index.ts'),
  ]);
  rmSync(DEMO_FOLDER, { recursive: true, force: true });
  mkdirSync(DEMO_FOLDER, { recursive: true });

  to.progress.start('generate', DEMO.messages, 'messages');
  let before = 0;
  const generated = await generate({
    out: RAW,
    ...DEMO,
    onProgress({ messages }) {
      to.progress.advance(messages - before);
      before = messages;
    },
  }).finally(() => to.progress.done());

  keepRaw(writableFolder(LAKE_FOLDER, '--lake'), RAW);
  return withLake({ raw: RAW, lake: LAKE_FOLDER, durable: false }, async (lake) => {
    const run = await runAll(lake, { progress: to.progress });
    const [found, { bytes }] = await lake.engine.atOneMoment((engine) =>
      Promise.all([findings({ ...lake, engine }), writeReport({ ...lake, engine }, { out: REPORT })]),
    );
    return { generated, run, ...found, report: { file: REPORT, bytes } };
  });
}

type Found = Omit<Awaited<ReturnType<typeof work>>, 'generated'>;

function* demoLines({ run, headline, incident, report }: Found, seconds: number, to: Console): Generator<string> {
  const { bold, dim, cyan } = to.palette;
  yield '';
  yield* summaryLines(run, to.palette);
  yield* findingsLines({ headline, incident }, to);
  yield '';
  yield `${bold('Report')}  ${REPORT} (${byteCount(report.bytes)}): open it in a browser`;
  yield '';
  yield bold('Try next');
  for (const [says, command] of next(incident)) {
    yield dim(`  # ${says}`);
    yield `  ${cyan(`${LAKE} ${command}`)}`;
  }
  yield '';
  yield dim(`all of it in ${duration(seconds)}`);
}

function next(incident: ExplainedIncident | null): [says: string, command: string][] {
  const lake = `--lake ${LAKE_FOLDER}`;
  const when = incident ? ` where event_date = date '${incident.from}'` : '';
  return [
    [
      'why mail bounced that day',
      `query "select * from bounce_diagnostics${when} order by bounces desc limit 5" ${lake}`,
    ],
    ...(incident
      ? [
          ['how it would have been told while it lasted', `watch --as-of ${incident.from}T08:00 ${lake}`] as [
            string,
            string,
          ],
        ]
      : []),
    ['what there is to ask', 'views'],
    ['what a column means', 'describe deliverability_daily'],
    ['your own raw objects, in any folder layout', 'run --raw path/to/raw'],
  ];
}
