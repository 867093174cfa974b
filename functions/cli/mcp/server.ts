/**
 * The lake as tools for an agent, by the Model Context Protocol (revision 2026-07-28, and clients of 2025): what there is,
 * what it means, a query that only reads, how the sender stands, what stands out, and what a bounce means. Each answer is one
 * JSON document of at most `MOST_BYTES`.
 */
import { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { releaseVersion } from '#host/code-version.ts';
import { explain } from '#host/failure.ts';
import { withoutAddresses } from '#lake/decode/without-addresses.ts';
import type { SqlValue } from '#lake/ports.ts';
import { quoteText } from '#lake/sql/quote.ts';
import { loadCauses } from '#report/causes.ts';
import { findIncidents } from '#report/incidents.ts';
import { loadVolumes } from '#report/period.ts';
import { rowsOf } from '#report/rows.ts';
import { loadStandings } from '#report/standing.ts';
import { worded } from '#report/wording.ts';
import { type DictionaryEntry, entryNamed } from '../commands/dictionary.ts';
import { headlines } from '../commands/headlines.ts';
import { bill, type ReadLake } from '../commands/lake-place.ts';
import { sqlError } from '../commands/query.ts';
import { byTopic } from '../commands/topics.ts';
import { bigintsAsNumbers } from '../console.ts';
import { closedRelations } from './persons.ts';

export interface McpOptions {
  lake: ReadLake;
  entries: readonly DictionaryEntry[];
  /** single persons and mails, and their addresses, may be asked for */
  persons: boolean;
}

/** Rows of an answer unless told, and at most. */
const USUAL_ROWS = 100;
const MOST_ROWS = 1000;
/** What a model reads at once; a row that does not fit is left out, and the answer says so. */
const MOST_BYTES = 100_000;
/** Incidents that are told, the newest first. */
const MOST_INCIDENTS = 10;

export function mcpServer({ lake, entries, persons }: McpOptions): McpServer {
  const server = new McpServer(
    { name: 'maillake', title: 'Maillake: e-mail deliverability', version: releaseVersion() },
    { instructions: INSTRUCTIONS },
  );
  const closed = persons ? new Set<string>() : closedRelations(entries);
  const open = entries.filter(({ name }) => !closed.has(name));
  const ask = async (sql: string) => rowsOf(await lake.engine.query(sql));
  const answer = (document: object): Answer => {
    const text = JSON.stringify({ ...document, ...bill(lake) }, bigintsAsNumbers);
    return { content: [{ type: 'text', text: persons ? text : withoutAddresses(text) }] };
  };
  /** What is wrong is told to the agent, which can mend its question; it never ends the server. */
  const answering = async (work: () => Promise<object>): Promise<Answer> => {
    try {
      return answer(await work());
    } catch (error) {
      const { message, hint } = explain(sqlError(error));
      return { ...answer({ error: message, ...(hint === undefined ? {} : { hint }) }), isError: true };
    }
  };
  const tool = { annotations: { readOnlyHint: true, openWorldHint: false } };

  server.registerTool(
    'list_views',
    { ...tool, description: 'Tables and views by topic, each with what its rows are.', inputSchema: z.object({}) },
    () =>
      answering(async () => ({
        topics: byTopic(open.filter(({ kind }) => kind === 'view')).map(([topic, of]) => ({ topic, views: brief(of) })),
        tables: brief(open.filter(({ kind }) => kind === 'table')),
        ...(persons ? {} : { closed: [...closed], why: 'their rows are of single persons or mails' }),
      })),
  );

  server.registerTool(
    'describe',
    {
      ...tool,
      description: 'What a table or view and each of its columns mean. Ask before you query.',
      inputSchema: z.object({ name: z.string().describe('a table or view') }),
    },
    ({ name }) =>
      answering(async () => entryNamed(open, name, `open here are ${open.map((entry) => entry.name).join(', ')}`)),
  );

  server.registerTool(
    'query',
    {
      ...tool,
      description:
        "Runs one statement that reads, in Athena's SQL (Trino). Sum up in SQL: few rows are returned. Rates are sums over sums; filter on dt (a day as text) to read few files.",
      inputSchema: z.object({
        sql: z.string().describe('one select'),
        max_rows: z.int().min(1).max(MOST_ROWS).default(USUAL_ROWS),
      }),
    },
    ({ sql, max_rows }) =>
      answering(() =>
        lake.engine.stream(
          sql,
          async ({ columns, batches }) => {
            const rows: SqlValue[][] = [];
            let isWhole = true;
            let bytes = 0;
            for await (const row of each(batches)) {
              bytes += JSON.stringify(row, bigintsAsNumbers).length;
              isWhole = rows.length < max_rows && bytes <= MOST_BYTES;
              if (!isWhole) break;
              rows.push(row);
            }
            return {
              columns: columns.map(({ name, type }) => `${name} ${type}`),
              rows,
              ...(isWhole ? {} : { cut: `only the first ${rows.length} rows: sum up, or filter` }),
            };
          },
          closed,
        ),
      ),
  );

  server.registerTool(
    'status',
    {
      ...tool,
      description:
        'The main numbers of all mail, by mailbox provider, and how each account stands against the limits of SES, Gmail and Yahoo.',
      inputSchema: z.object({}),
    },
    () => answering(async () => ({ headline: await headlines(lake.engine), accounts: await loadStandings(ask) })),
  );

  server.registerTool(
    'incidents',
    {
      ...tool,
      description:
        'Days on which a rate was worse than the days before led to expect, in words: what, since when, the cause as far as data tells, what to do.',
      inputSchema: z.object({
        from: z.iso.date().optional().describe('first send day; the first of all unless told'),
        to: z.iso.date().optional().describe('last send day'),
      }),
    },
    ({ from, to }) =>
      answering(async () => {
        const days = await loadVolumes(ask);
        const [first, last] = [days[0]?.date, days.at(-1)?.date];
        if (first === undefined || last === undefined) return { incidents: [], why: 'there is no mail' };
        const shown = { from: from ?? first, to: to ?? last };
        const { incidents, isJudged } = await findIncidents(lake, {}, { shown });
        const told = incidents.slice(0, MOST_INCIDENTS);
        const causes = await loadCauses(lake, {}, told);
        return {
          incidents: told.map((incident) => ({ ...incident, words: worded(incident, causes.get(incident)) })),
          more: incidents.length - told.length,
          ...(isJudged ? {} : { why: 'too little mail, or too few days before it, to compare with' }),
        };
      }),
  );

  server.registerTool(
    'explain_bounce',
    {
      ...tool,
      description:
        'What an enhanced status code means and asks for, and how often which provider gave it here, with an example.',
      inputSchema: z.object({
        status: z
          .string()
          .regex(/^[245]\.\d{1,3}\.\d{1,3}$/)
          .describe('such as 5.7.1'),
      }),
    },
    ({ status }) =>
      answering(async () => {
        // The code itself, else its class and subject, else its class.
        const names = [status, status.split('.').slice(0, 2).join('.'), status.slice(0, 1)];
        const [meaning] = await ask(
          `select status, meaning, what_to_do from seed_enhanced_status_codes where status in (${names.map(quoteText).join(', ')}) order by length(status) desc limit 1`,
        );
        const here = await ask(`select
  mailbox_provider,
  sum(bounces) as bounces,
  cast(min(event_date) as varchar) as first_day,
  cast(max(event_date) as varchar) as last_day,
  min_by(example_diagnostic, dt) as example
from bounce_diagnostics
where enhanced_status = ${quoteText(status)}
group by mailbox_provider
having sum(bounces) > 0
order by bounces desc, mailbox_provider
limit 10`);
        return {
          status,
          meaning: meaning?.text('meaning') ?? null,
          what_to_do: meaning?.text('what_to_do') ?? null,
          here: here.map((row) => ({
            mailbox_provider: row.text('mailbox_provider'),
            bounces: row.number('bounces'),
            first_day: row.text('first_day'),
            last_day: row.text('last_day'),
            example: row.maybeText('example'),
          })),
        };
      }),
  );
  return server;
}

const INSTRUCTIONS = `Deliverability data of mail sent with Amazon SES or Pinpoint. Begin with status and incidents; for anything else
list_views, then describe, then query. Days of views ending in _daily are send days (cohorts) unless describe says otherwise. A rate that
is null cannot be observed: do not read it as 0. Opens and clicks of machines are labelled: prefer human_open_rate and human_click_rate.`;

interface Answer {
  content: { type: 'text'; text: string }[];
  isError?: boolean;
  [key: string]: unknown;
}

const brief = (entries: readonly DictionaryEntry[]): object[] => entries.map(({ name, doc }) => ({ name, doc }));

async function* each(batches: AsyncIterable<SqlValue[][]>): AsyncGenerator<SqlValue[]> {
  for await (const batch of batches) yield* batch;
}
