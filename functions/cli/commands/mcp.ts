/** The command `mcp`: serves the lake to an agent as tools, over stdin and stdout. */
import { Command } from 'commander';
import type { Console } from '../console.ts';
import { examples, existingLake, type LakeFolder, lakeOption, withLake } from './options.ts';

interface McpFlags extends LakeFolder {
  persons?: boolean;
}

export const mcpCommand = (to: Console): Command =>
  new Command('mcp')
    .description('serve the lake to an agent, by the Model Context Protocol')
    .option('--persons', 'also tables and views whose rows are of single persons and mails')
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
${examples(['mcp --lake .lake/demo/lake'])}`,
    )
    .action(async ({ lake: folder, persons = false }: McpFlags) => {
      existingLake(folder);
      const [{ mcpServer }, { serveStdio }, { dictionary }] = await Promise.all([
        import('../mcp/server.ts'),
        import('@modelcontextprotocol/server/stdio'),
        import('./dictionary.ts'),
      ]);
      const entries = await dictionary();
      await withLake({ lake: folder }, async (lake) => {
        const ended = new Promise<void>((resolve) => process.stdin.once('close', resolve).once('end', resolve));
        const serving = serveStdio(() => mcpServer({ lake, entries, persons }), {
          onerror: (error) => to.warn(error.message),
        });
        await ended;
        await serving.close();
      });
    });
