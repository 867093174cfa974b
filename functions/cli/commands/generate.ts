/** The command `generate`: writes raw objects like those of a real sender, and what is true of them. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { Command } from 'commander';
import { UsageError } from '#host/failure.ts';
import { byteCount, counted, duration } from '#host/figures.ts';
import { safeText } from '#host/safe-text.ts';
import type { Console } from '../console.ts';
import {
  calendarDay,
  DEFAULT_RAW,
  examples,
  type JsonOption,
  jsonOption,
  lakeCommand,
  wholeNumber,
  writableFile,
  writableFolder,
} from './options.ts';

interface GenerateFlags extends JsonOption {
  out: string;
  messages: number;
  days: number;
  seed: number;
  end?: string;
  dirty?: boolean;
  truth?: string;
}

export const generateCommand = (to: Console): Command =>
  new Command('generate')
    .description('make raw objects like those of a real sender')
    .option('--out <dir>', 'folder for the objects, which has to be new or empty', DEFAULT_RAW)
    .option('--messages <n>', 'messages to send', wholeNumber(1), 20_000)
    .option('--days <n>', 'days to send them in', wholeNumber(1), 90)
    .option('--seed <n>', 'the same seed gives the same bytes', wholeNumber(0), 1)
    .option('--end <day>', 'the last day, such as 2026-01-31', calendarDay)
    .option('--dirty', 'add damaged, foreign, duplicate and late objects')
    .option('--truth <file>', 'write what is in it to a JSON file, counted while generating')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        ['generate', `20,000 messages into ${DEFAULT_RAW}`],
        ['generate --out /tmp/raw --messages 100000 --days 30 --seed 7 --dirty --truth /tmp/truth.json'],
      ),
    )
    .action(async ({ json, ...flags }: GenerateFlags) => {
      refuseUsed(flags.out);
      writableFolder(flags.out, '--out');
      if (flags.truth !== undefined) writableFile(flags.truth, '--truth');
      const { generate } = await import('#generate/index.ts');
      to.progress.start('generate', flags.messages, 'messages');
      let before = 0;
      const summary = await generate({
        ...flags,
        onProgress({ messages }) {
          to.progress.advance(messages - before);
          before = messages;
        },
      }).finally(() => to.progress.done());
      if (json) return to.json(summary);
      const { objects, bytes, records, messages, first_day, last_day, seconds } = summary;
      await to.print([
        `${counted(objects, 'object')} (${byteCount(bytes)}) in ${safeText(flags.out)}:`,
        `${counted(records, 'record')} about ${counted(messages, 'message')}`,
        `sent from ${first_day} to ${last_day}, made in ${duration(seconds)}`,
      ]);
      to.note(`next: ${lakeCommand('run', { raw: flags.out })}`);
    });

/** Two data sets in one folder would fit no truth file. @throws UsageError */
function refuseUsed(out: string): void {
  if (!existsSync(out)) return;
  if (!statSync(out).isDirectory()) throw new UsageError(`--out: ${out} is a file, not a folder`, 'name a new folder');
  if (readdirSync(out).length > 0) {
    throw new UsageError(`--out: ${out} is not empty`, 'name a new folder, so that nothing is mixed or overwritten');
  }
}
