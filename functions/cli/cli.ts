#!/usr/bin/env node
/** The entry of `npm run lake -- …`: runs one command and turns what went wrong into words and exit codes. */
import { writeSync } from 'node:fs';
import { inspect } from 'node:util';
import { CommanderError } from 'commander';
import { EXIT, explain, type Failure } from '#host/failure.ts';
import { safeLines } from '#host/safe-text.ts';
import { LAKE } from './commands/options.ts';
import { COMMAND_NAMES, program } from './commands/program.ts';
import { type Console, openConsole } from './console.ts';
import { paletteFor } from './terminal/palette.ts';

stopOnSignals();
stopWhenNobodyReads();
const terminal = openConsole(process);
process.exitCode = await main(process.argv.slice(2), terminal);

async function main(args: string[], to: Console): Promise<number> {
  try {
    await program(to).parseAsync(args, { from: 'user' });
    return Number(process.exitCode ?? EXIT.done);
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
    const failure = error instanceof CommanderError ? wrongUsage(error, args) : explain(error);
    tell(failure, error);
    if (args.includes('--json')) {
      await to.json({ error: failure.message, ...(failure.hint === undefined ? {} : { hint: failure.hint }) });
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
      writeSync(2, '\ninterrupted: nothing is lost, and the next run completes the work\n');
      process.exit(EXIT.interrupted);
    });
  }
}

/** `lake … | head` closes the pipe when it has seen enough: that is no failure. */
function stopWhenNobodyReads(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit(EXIT.done);
    });
  }
}
