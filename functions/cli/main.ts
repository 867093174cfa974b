/** Runs one command and turns what went wrong into words and exit codes. */
import { writeSync } from 'node:fs';
import { inspect } from 'node:util';
import { CommanderError } from 'commander';
import { EXIT, explain, type Failure } from '#host/failure.ts';
import { safeLines } from '#host/safe-text.ts';
import { LAKE } from './commands/options.ts';
import { COMMAND_NAMES, program } from './commands/program.ts';
import { type Console, openConsole, ReaderGone } from './console.ts';
import { endAll, hasToEnd } from './interruption.ts';
import { paletteFor } from './terminal/palette.ts';

stopOnSignals();
const terminal = openConsole(process);
process.exitCode = await main(process.argv.slice(2), terminal);
// The last words may turn out to be unwritable when main has ended.
process.once('exit', () => {
  if (terminal.isBroken) process.exitCode ||= EXIT.failed;
});

async function main(args: string[], to: Console): Promise<number> {
  try {
    await program(to).parseAsync(args, { from: 'user' });
    return Number(process.exitCode ?? EXIT.done);
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
    if (error instanceof ReaderGone) return Number(process.exitCode ?? EXIT.done);
    const failure = error instanceof CommanderError ? wrongUsage(error, args) : explain(error);
    tell(failure, error);
    // Half a document is not made whole by another one.
    if (args.includes('--json') && !to.hasWritten) {
      const { message: said, hint } = failure;
      await to.json({ error: said, ...(hint === undefined ? {} : { hint }) }).catch(() => {});
    }
    return failure.exitCode;
  }
}

function wrongUsage({ message, code }: CommanderError, args: readonly string[]): Failure {
  // No command at all: commander has printed the help.
  if (code === 'commander.help') return { message: 'name a command', exitCode: EXIT.usage };
  const [what = '', ...more] = message.replace(/^error: /, '').split('\n');
  const suggestion = more.join(' ').replace(/^\((.*)\)$/, '$1');
  const command = COMMAND_NAMES.find((name) => args.includes(name));
  const help = `${LAKE} ${command === undefined ? '' : `${command} `}--help`;
  const hint = suggestion === '' ? `see: ${help}` : `${lowerFirst(suggestion)} (see: ${help})`;
  return { message: safeLines(what), hint: safeLines(hint), exitCode: EXIT.usage };
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}

function tell({ message, hint }: Failure, error: unknown): void {
  const { red, dim } = paletteFor(process.stderr);
  process.stderr.write(`${red('error:')} ${message}\n`);
  if (hint !== undefined) process.stderr.write(`${dim(hint)}\n`);
  if (process.env.MAILLAKE_DEBUG && error instanceof Error) process.stderr.write(`${inspect(error)}\n`);
}

/** Whatever was under way is cut off: the protocol's steps are made to be cut off and run again. */
function stopOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      try {
        writeSync(2, '\ninterrupted: nothing is lost, and the next run completes the work\n');
      } catch {
        // nobody reads it
      }
      if (!hasToEnd()) process.exit(EXIT.interrupted);
      void endAll().finally(() => process.exit(EXIT.interrupted));
    });
  }
}
