/** The command `tags`: shows which message tags events have, and which columns they fill. */
import { Command } from 'commander';
import { counted } from '#host/figures.ts';
import { AUTOMATIC_TAGS, FROM_DOMAIN_TAG } from '#lake/decode/tags.ts';
import type { QueryResult } from '#lake/ports.ts';
import { DIMENSION_COLUMNS, type Settings } from '#lake/settings.ts';
import { quoteText } from '#lake/sql/quote.ts';
import type { LocalLake } from '#local/lake.ts';
import type { Console } from '../console.ts';
import { tableLines } from '../terminal/table.ts';
import {
  dayRange,
  examples,
  existingLake,
  jsonOption,
  LAKE,
  type LakeFolder,
  lakeOption,
  withLake,
} from './options.ts';

/** A message tag or attribute that events have. */
interface TagUse {
  tag: string;
  /** the column that it fills by the settings, null for none */
  column: string | null;
  events: number;
  first_day: string;
  last_day: string;
}

/** A column that rows of a lake don't have as its settings say now: they were read with others. */
interface StaleColumn {
  column: string;
  /** null: the settings name no tag for it any more */
  tag: string | null;
  events: number;
  first_day: string;
  last_day: string;
}

export const tagsCommand = (to: Console): Command =>
  new Command('tags')
    .description('list the message tags that events have, and which of them fill a column')
    .addOption(lakeOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
A tag becomes a column by the lake's settings.json. {"tags": {"mailing":
"campaign_id"}} says what a tag means; {"dimensions": ["team", "template"]}
makes up to five tags dimensions of their own, dimension_1 to dimension_5 in
that order. Settings hold for what is read from then on.
${examples(['tags'], ['query "select dimension_1, count(*) from events group by 1"'])}`,
    )
    .action(async ({ lake: folder, json }: LakeFolder) => {
      existingLake(folder);
      const { tags, stale } = await withLake({ lake: folder }, async (lake) => ({
        tags: await tagUses(lake),
        stale: await staleColumns(lake),
      }));
      if (json) return to.json({ tags, stale });
      if (tags.length === 0) await to.print(['No event has a tag that fills no column.']);
      else await to.print(tableLines(tableOf(tags), to.width, to.palette));
      for (const one of stale) to.warn(staleText(one));
    });

/** Tags as rows have them in `tags`, the most frequent first; Pinpoint's that fill a column are not among them. */
async function tagUses({ engine, settings }: LocalLake): Promise<TagUse[]> {
  const { rows } = await engine.query(`
select tag, count(*) as events, min(dt) as first_day, max(dt) as last_day
from events
cross join unnest(map_keys(cast(json_parse(tags) as map(varchar, json)))) as named (tag)
where tags is not null
group by tag
order by events desc, tag`);
  const columns = columnsOf(settings);
  return rows.map(([tag, events, first, last]) => ({
    tag: String(tag),
    column: columns.get(String(tag)) ?? null,
    events: Number(events),
    first_day: String(first),
    last_day: String(last),
  }));
}

const columnsOf = ({ tags, dimensions }: Settings): Map<string, string> => {
  const columns = new Map<string, string>(tags.toReversed());
  for (const [place, tag] of dimensions.entries()) {
    const names = [columns.get(tag), DIMENSION_COLUMNS[place]].filter((name) => name !== undefined);
    columns.set(tag, names.join(', '));
  }
  for (const [tag, column] of AUTOMATIC_TAGS) columns.set(tag, column);
  columns.set(FROM_DOMAIN_TAG, 'from_domain');
  return columns;
};

/** Rows whose tag is not in the column that the settings say, and dimensions that they don't name any more. */
async function staleColumns({ engine, settings }: LocalLake): Promise<StaleColumn[]> {
  const checks = [
    ...settings.tags.map(([tag, column]) => ({
      tag,
      column,
      isStale: `${textOfTag(tag)} <> '' and ${column} is null`,
    })),
    ...DIMENSION_COLUMNS.map((column, place) => {
      const tag = settings.dimensions[place];
      if (tag === undefined) return { tag: null, column, isStale: `${column} is not null` };
      // of several values of a tag the column holds all, joined by commas
      const value = `nullif(${textOfTag(tag)}, '')`;
      const holds = `(${column} = ${value} or substr(${column}, 1, length(${value}) + 2) = ${value} || ', ')`;
      return { tag, column, isStale: `not coalesce(${holds}, ${column} is null and ${value} is null)` };
    }),
  ];
  const measures = checks.map(
    ({ isStale }, i) =>
      `count(case when ${isStale} then 1 end) as n${i}, min(case when ${isStale} then dt end) as f${i}, max(case when ${isStale} then dt end) as l${i}`,
  );
  const { rows } = await engine.query(`select ${measures.join(',\n')}\nfrom events`);
  const [row = []] = rows;
  return checks.flatMap(({ tag, column }, i): StaleColumn[] => {
    const [events, first, last] = row.slice(3 * i, 3 * i + 3);
    if (!Number(events)) return [];
    return [{ column, tag, events: Number(events), first_day: String(first), last_day: String(last) }];
  });
}

/** A tag's value, the first if it has several: SES writes lists, Pinpoint texts. */
const textOfTag = (tag: string): string => {
  const value = `element_at(cast(json_parse(tags) as map(varchar, json)), ${quoteText(tag)})`;
  return `coalesce(json_extract_scalar(${value}, '$[0]'), json_extract_scalar(${value}, '$'))`;
};

const tableOf = (tags: readonly TagUse[]): QueryResult => ({
  columns: [
    { name: 'tag', type: 'varchar' },
    { name: 'column', type: 'varchar' },
    { name: 'events', type: 'bigint' },
    { name: 'first_day', type: 'varchar' },
    { name: 'last_day', type: 'varchar' },
  ],
  rows: tags.map(({ tag, column, events, first_day, last_day }) => [tag, column, events, first_day, last_day]),
});

const staleText = ({ column, tag, events, first_day, last_day }: StaleColumn): string => {
  const days = dayRange(first_day, last_day);
  const says =
    tag === null
      ? `${column} holds a tag that the settings do not name any more`
      : `${column} does not hold the tag ${tag}, as the settings say now`;
  return `${says}: ${counted(events, 'event')} of ${days} were read with other settings. ${LAKE} rebuild reads the raw data again, so that they are alike`;
};
