import { TABLES } from '../../tables/index.ts';
import type { ColumnType } from '../../tables/table.ts';
import { relations } from './relations.ts';

/** Which day a view's rows belong to: that of the sending, that of the event, or none. The two are never mixed. */
export type ViewClock = 'cohort' | 'event day' | 'none';

export interface ViewColumn {
  name: string;
  /** in Presto's words */
  type: string;
  /** what it means; `= name` until `readViews` has looked it up in another view */
  doc: string;
}

/** A saved view, as its one file declares it. Glue view, local view, dictionary and tests are made from this. */
export interface View {
  name: string;
  /** the folder below sql/, such as `marts` */
  folder: string;
  /** ends with the grain: "One row per …" */
  doc: string;
  clock: ViewClock;
  grain: string[];
  columns: ViewColumn[];
  /** the select, without header and without a closing semicolon */
  sql: string;
  /** tables and views that it reads, each once */
  dependsOn: string[];
  /** of a seed: its file's rows by column, as text */
  rows?: readonly Readonly<Record<string, string>>[];
}

/** What a view may be made of; QuickSight skips maps, arrays and rows. */
export const VIEW_TYPES: readonly string[] = [
  'varchar',
  'bigint',
  'integer',
  'double',
  'boolean',
  'date',
  'timestamp(3)',
];

/** The word that Presto has for a table's column. */
export const PRESTO_TYPES: Readonly<Record<ColumnType, string>> = {
  string: 'varchar',
  bigint: 'bigint',
  int: 'integer',
  double: 'double',
  boolean: 'boolean',
  timestamp: 'timestamp(3)',
  'map<string,bigint>': 'map(varchar, bigint)',
};

/** The file can't be read as a view. The message begins with `<path>:<line>`. */
export class ViewError extends Error {
  override name = 'ViewError';
  constructor(path: string, line: number, why: string) {
    super(`${path}:${line}: ${why}`);
  }
}

/**
 * Reads one file of sql/: a header comment and a select.
 *
 *     /*
 *     What it is. One row per thing.
 *
 *     clock: cohort
 *     grain: send_date, thing
 *     columns:
 *         send_date  date     Its meaning,
 *                             over more than one line.
 *         thing      varchar  = events
 *     *\/
 *     select …
 *
 * The meaning `= events` is that of the column of the same name there, a table of the lake or another view.
 *
 * @throws ViewError
 */
export function parseView(path: string, text: string): View {
  const place = /(?:^|\/)([a-z0-9_]+)\/([a-z][a-z0-9_]*)\.sql$/.exec(path);
  if (!place) throw new ViewError(path, 1, 'a view is a file <folder>/<name_in_snake_case>.sql');
  const [, folder = '', name = ''] = place;
  const close = text.indexOf('*/');
  if (!text.startsWith('/*\n') || close < 0) {
    throw new ViewError(path, 1, 'a view begins with its header, a comment from /* to */');
  }
  const header = parseHeader(path, text.slice(0, close).split('\n'));
  const sql = text.slice(close + 2).trim();
  if (sql === '') throw new ViewError(path, lineAt(text, close), 'the select is missing after the header');
  if (sql.endsWith(';')) throw new ViewError(path, lineAt(text, text.trimEnd().length), 'a view has no semicolon');
  return { name, folder, ...header, sql, dependsOn: [...new Set(relations(sql))] };
}

type Header = Pick<View, 'doc' | 'clock' | 'grain' | 'columns'>;

function parseHeader(path: string, lines: readonly string[]): Header {
  const doc: string[] = [];
  const columns: ViewColumn[] = [];
  let clock: ViewClock | undefined;
  let grain: { names: string[]; line: number } | undefined;
  let part: 'doc' | 'facts' | 'columns' = 'doc';
  // The first line is the comment's beginning.
  for (const [before, text] of lines.slice(1).entries()) {
    const line = before + 2;
    if (text.trim() === '') continue;
    const fact = /^(clock|grain|columns):\s*(.*)$/.exec(text);
    if (part === 'columns') {
      readColumn(path, line, text, columns);
    } else if (fact?.[1] === 'clock') {
      clock = readClock(path, line, fact[2] ?? '');
      part = 'facts';
    } else if (fact?.[1] === 'grain') {
      const names = (fact[2] ?? '').split(',').map((word) => word.trim());
      grain = { names: names.filter((word) => word !== ''), line };
      part = 'facts';
    } else if (fact?.[1] === 'columns') {
      part = 'columns';
    } else if (part === 'doc') {
      doc.push(text.trim());
    } else {
      throw new ViewError(path, line, `expected clock:, grain: or columns:, found "${text.trim()}"`);
    }
  }
  const end = lines.length;
  const sentence = doc.join(' ');
  if (!/(^|[.?:] )One row (per|for) [^.]+\.$/.test(sentence)) {
    throw new ViewError(path, 2, 'the description ends with the grain: "One row per ….", found none');
  }
  if (!clock) throw new ViewError(path, end, 'the clock is missing: "clock: cohort", "event day" or "none"');
  if (!grain || grain.names.length === 0) throw new ViewError(path, end, 'the grain is missing: "grain: a, b"');
  if (columns.length === 0) throw new ViewError(path, end, 'the columns are missing: "columns:" and one a line');
  const strange = grain.names.find((name) => !columns.some((column) => column.name === name));
  if (strange !== undefined) throw new ViewError(path, grain.line, `the grain names no column of the view: ${strange}`);
  return { doc: sentence, clock, grain: grain.names, columns };
}

function readClock(path: string, line: number, word: string): ViewClock {
  if (word === 'cohort' || word === 'event day' || word === 'none') return word;
  throw new ViewError(path, line, `no such clock: "${word}"; there is cohort, event day and none`);
}

function readColumn(path: string, line: number, text: string, columns: ViewColumn[]): void {
  const [, indent = '', rest = ''] = /^(\s*)(.*)$/.exec(text) ?? [];
  const last = columns.at(-1);
  if (indent.length > 4 && last) {
    last.doc = `${last.doc} ${rest.trim()}`;
    return;
  }
  const [, name = '', type = '', meaning = ''] = /^([a-z][a-z0-9_]*)\s+(\S+)\s+(\S.*)$/.exec(rest) ?? [];
  if (indent.length !== 4 || name === '') {
    throw new ViewError(path, line, 'a column is four spaces, its name, type and meaning');
  }
  if (!VIEW_TYPES.includes(type)) {
    throw new ViewError(path, line, `no such type: ${type} of ${name}; there is ${VIEW_TYPES.join(', ')}`);
  }
  if (columns.some((column) => column.name === name)) throw new ViewError(path, line, `column is there twice: ${name}`);
  columns.push({ name, type, doc: tableMeaning(path, line, name, type, meaning.trim()) });
}

/** Follows `= table`; `= view` is left for `readViews`, which knows all views. */
function tableMeaning(path: string, line: number, name: string, type: string, meaning: string): string {
  const source = /^= (\w+)$/.exec(meaning)?.[1];
  const table = source === undefined ? undefined : TABLES[source];
  if (!table) return meaning;
  const column = table.columns[name];
  if (!column) throw new ViewError(path, line, `${source} has no column ${name} to take the meaning from`);
  if (PRESTO_TYPES[column.type] !== type) {
    throw new ViewError(path, line, `${name} is ${PRESTO_TYPES[column.type]} in ${source}, not ${type}`);
  }
  return column.doc;
}

const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;
