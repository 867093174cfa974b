/** The command line as a whole: its commands, their order, and the help text. */
import { Command } from 'commander';
import { releaseVersion } from '#host/code-version.ts';
import type { Console } from '../console.ts';
import { paletteFor } from '../terminal/palette.ts';
import { auditCommand } from './audit.ts';
import { demoCommand } from './demo.ts';
import { describeCommand } from './describe.ts';
import { eraseCommand } from './erase.ts';
import { exportCommand } from './export.ts';
import { filesCommand } from './files.ts';
import { generateCommand } from './generate.ts';
import { mcpCommand } from './mcp.ts';
import { messageCommand } from './message.ts';
import { LAKE } from './options.ts';
import { personCommand } from './person.ts';
import { planCommand } from './plan.ts';
import { quarantineCommand } from './quarantine.ts';
import { queryCommand } from './query.ts';
import { rebuildCommand } from './rebuild.ts';
import { reportCommand } from './report.ts';
import { rollupCommand } from './rollup.ts';
import { runCommand } from './run.ts';
import { settleCommand } from './settle.ts';
import { tagsCommand } from './tags.ts';
import { transformCommand } from './transform.ts';
import { viewsCommand } from './views.ts';
import { watchCommand } from './watch.ts';

/** Makes the command line. Commands are listed in the order in which a newcomer needs them. */
export function program(to: Console): Command {
  const root = new Command(LAKE)
    .description('Maillake: raw Amazon SES and Pinpoint events become Parquet tables and deliverability answers.')
    .usage('<command> [options]')
    .version(releaseVersion(), '-V, --version', 'print the version')
    .helpCommand(false)
    .exitOverride()
    .configureHelp({ styleTitle: (title) => paletteFor(process.stdout).bold(title) })
    // main prints errors, each once.
    .configureOutput({ outputError() {} })
    .addHelpText('after', GUIDE);
  for (const command of Object.values(COMMANDS)) root.addCommand(command(to).copyInheritedSettings(root));
  return root;
}

const COMMANDS = {
  demo: demoCommand,
  generate: generateCommand,
  run: runCommand,
  query: queryCommand,
  views: viewsCommand,
  describe: describeCommand,
  report: reportCommand,
  watch: watchCommand,
  message: messageCommand,
  person: personCommand,
  mcp: mcpCommand,
  export: exportCommand,
  files: filesCommand,
  tags: tagsCommand,
  quarantine: quarantineCommand,
  audit: auditCommand,
  rebuild: rebuildCommand,
  erase: eraseCommand,
  plan: planCommand,
  transform: transformCommand,
  settle: settleCommand,
  rollup: rollupCommand,
} as const;

export const COMMAND_NAMES = Object.keys(COMMANDS);

const GUIDE = `
Examples:
  # from nothing to numbers
  $ npm run demo
  # your own raw objects, in any folder layout, plain or gzip
  $ ${LAKE} run --raw path/to/raw
  # or where they lie in S3: it is only read
  $ ${LAKE} run --raw s3://bucket/prefix
  $ ${LAKE} query "select * from deliverability_daily"

Every command has --help with examples. All but mcp have --json for programs,
which leave out npm's own lines with: npm run -s lake -- …
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 audit found drift, 4 watch told
something new, 130 stopped`;
