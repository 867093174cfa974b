/** The command `mcp`: serves the lake to an agent as tools, over stdin and stdout. */
import { Command, Option } from 'commander';
import type { Console } from '../console.ts';
import { atStage, dictionaryAt, isStage, type LakePlace, type ReadLake, withReadLake } from './lake-place.ts';
import { examples, existingLake, lakeOption, wholeNumber } from './options.ts';

interface McpFlags extends LakePlace {
  persons?: boolean;
  mostGigabytes: number;
}

export const mcpCommand = (to: Console): Command =>
  atStage(
    new Command('mcp')
      .description('serve the lake to an agent, by the Model Context Protocol')
      .option('--persons', 'also tables and views whose rows are of single persons and mails')
      .addOption(
        new Option('--most-gigabytes <n>', 'at a stage: what all queries together may read ($0.005 each)')
          .argParser(wholeNumber(1))
          .default(100),
      )
      .addOption(lakeOption())
      .addHelpText(
        'after',
        `
An agent starts it and talks to it over stdin and stdout. It can list and
describe views, run queries that only read, ask how you stand and what stands
out, and have a bounce explained. Without --persons no answer holds an address,
and nothing of a single person can be asked. In a client's configuration:
  { "mcpServers": { "maillake": { "command": "npm",
    "args": ["run", "-s", "lake", "--", "mcp"], "cwd": "path/to/maillake" } } }
${examples(['mcp --lake .lake/demo/lake'], ['mcp --stage production', 'a deployed lake, with the rights that you have'])}`,
      )
      .action(async ({ persons = false, mostGigabytes, ...place }: McpFlags) => {
        if (!isStage(place)) existingLake(place.lake);
        const [{ mcpServer }, { serveStdio }, entries] = await Promise.all([
          import('../mcp/server.ts'),
          import('@modelcontextprotocol/server/stdio'),
          dictionaryAt(place, to),
        ]);
        const serve = async (lake: ReadLake): Promise<void> => {
          const ended = new Promise<void>((resolve) => process.stdin.once('close', resolve).once('end', resolve));
          const serving = serveStdio(() => mcpServer({ lake, entries, persons }), {
            onerror: (error) => to.warn(error.message),
          });
          await ended;
          await serving.close();
        };
        await withReadLake(place, to, serve, { mostBytes: mostGigabytes * 1e9 });
      }),
  );
