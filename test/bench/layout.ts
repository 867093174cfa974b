/**
 * npm run bench:layout: what the layout of the tables brings. The same SES events as one nested, hourly partitioned, Snappy
 * Parquet table, which is what Firehose's record format conversion makes of SES event publishing, with the usual flattening
 * views (layout/peer.ts says how it is made, and what is fair about it), and as Maillake's settled tables, made by its own
 * steps, with Maillake's views. Five typical questions to both, on Trino over loopback S3, in turns (A B A B …), about the
 * same days, each by its own partition filter. Printed are the bytes that Trino read of files, those of the columns that it
 * needed (files as small as these it reads whole: layout/column-bytes.ts), and its own time; nothing is cached, but by the
 * operating system. Trino doesn't count the footers of files that it skips by their statistics, which favours the layout with
 * more files.
 *
 * Fails if the two give different answers, or if an answer takes a file of a day that wasn't asked for: all of those are made
 * unreadable. Ratios are printed and not judged, as times depend on the machine.
 *
 *     npm run bench:layout -- [--messages 100000] [--days 45] [--rounds 5] [--sql]
 *
 * A part of the messages is Pinpoint's in the generator, and left out of both. Moto and Trino are started, unless
 * MAILLAKE_MOTO and MAILLAKE_TRINO name running ones (test/engines/serve.ts).
 */
import { parseArgs } from 'node:util';
import { runningEngines } from '#test/engines/engines.ts';
import { LAYOUTS, type Layouts, makeLayouts, noticesSpoiltFiles, readsOtherDays } from './layout/layouts.ts';
import { type Answers, checkAnswers, reportAnswers, reportFiles } from './layout/report.ts';

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '100000' },
    days: { type: 'string', default: '45' },
    rounds: { type: 'string', default: '5' },
    sql: { type: 'boolean', default: false },
  },
});
const messages = positive('--messages', values.messages);
const days = positive('--days', values.days);
const rounds = positive('--rounds', values.rounds);

process.once('SIGINT', () => process.exit(130));
const say = (line: string): void => console.error(`${(performance.now() / 1000).toFixed(0)} s: ${line}`);
const engines = await runningEngines(say);
try {
  const layouts = await makeLayouts(engines, { messages, days }, say);
  try {
    const { mail, questions } = layouts;
    console.log(`${mail.records} SES events of ${days} days`);
    reportFiles(layouts);
    if (values.sql) for (const { maillake, peer } of questions) console.log(`${maillake}\n\n${peer}\n`);
    const answers = await askInTurns(layouts);
    reportAnswers(layouts, answers, rounds);
    const isRight = checkAnswers(answers);
    const isPruned = await checkOtherDays(layouts);
    if (!isRight || !isPruned) process.exitCode = 1;
  } finally {
    await layouts.close();
  }
} finally {
  await engines.stop();
}

/** A round for the engine to get warm, then those that count. */
async function askInTurns({ questions, ask }: Layouts): Promise<Answers> {
  const answers: Answers = new Map(questions.map(({ name }) => [name, { peer: [], maillake: [] }]));
  for (let round = 0; round <= rounds; round++) {
    say(round === 0 ? 'warming up' : `round ${round} of ${rounds}`);
    for (const question of questions) {
      for (const layout of LAYOUTS) {
        const answer = await ask(layout, question);
        if (round > 0) answers.get(question.name)?.[layout].push(answer);
      }
    }
  }
  return answers;
}

async function checkOtherDays(layouts: Layouts): Promise<boolean> {
  let isPruned = true;
  for (const question of layouts.questions) {
    for (const layout of LAYOUTS) {
      const { spoilt, opened } = await readsOtherDays(layouts, layout, question);
      const of = `${spoilt} of ${layouts.files[layout].files.length} files unreadable`;
      console.log(
        `other days     ${question.name}, ${layout}: ${opened === null ? 'none read' : `READ, ${opened}`} (${of})`,
      );
      if (opened !== null) isPruned = false;
    }
  }
  const [first] = layouts.questions;
  for (const layout of LAYOUTS) {
    if (first && (await noticesSpoiltFiles(layouts, layout, first))) continue;
    console.log(`other days     ${layout}: reading an unreadable file goes unnoticed`);
    isPruned = false;
  }
  return isPruned;
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${option} must be a whole number from 1: ${text}`);
  return value;
}
