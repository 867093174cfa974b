/** Parses the file of a view: the declarations in its head comment, and the statement. */
import { TABLES } from '../../tables/index.ts';
import type { ColumnType } from '../../tables/table.ts';
import { relations } from './relations.ts';

/** Which day a view's rows belong to: that of the sending, that of the event, or none. The two are never mixed. */
export type ViewClock = 'cohort' | 'event day' | 'none';

export interface ViewColumn {
  name: string;
  /** in Presto's words */
  type: string;
  /** what it means */
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

/** The columns that a header may name by `= source`; undefined for a name that is no table or view. */
export type ColumnsOf = (source: string) => readonly ViewColumn[] | undefined;

export const tableColumns: ColumnsOf = (source) => {
  const table = TABLES[source];
  return (
    table && Object.entries(table.columns).map(([name, { type, doc }]) => ({ name, type: PRESTO_TYPES[type], doc }))
  );
};

/**
 * Reads one file of sql/: a header comment and a select.
 *
 *     /*
 *     What it is. One row per thing.
 *
 *     clock: cohort
 *     grain: send_date, thing
 *     generated: by what it was generated, unless it is written by hand
 *     columns:
 *         send_date  date     Its meaning,
 *                             over more than one line.
 *         thing      varchar  = events
 *     *\/
 *     select …
 *
 * The meaning `= events` is that of the column of the same name there, a table of the lake or another view. Such columns
 * need no type, and several may share a line: `a, b, d … g = events`, where `d … g` stands for all columns of events from
 * d to g, in its order.
 *
 * @param columnsOf the columns of a table or view by name; by default it knows tables only
 * @throws ViewError
 */
export function parseView(path: string, text: string, columnsOf: ColumnsOf = tableColumns): View {
  const place = /(?:^|\/)([a-z0-9_]+)\/([a-z][a-z0-9_]*)\.sql$/.exec(path);
  if (!place) throw new ViewError(path, 1, 'a view is a file <folder>/<name_in_snake_case>.sql');
  const [, folder = '', name = ''] = place;
  const close = text.indexOf('*/');
  if (!text.startsWith('/*\n') || close < 0) {
    throw new ViewError(path, 1, 'a view begins with its header, a comment from /* to */');
  }
  const header = parseHeader(path, text.slice(0, close).split('\n'), columnsOf);
  const sql = text.slice(close + 2).trim();
  if (sql === '') throw new ViewError(path, lineAt(text, close), 'the select is missing after the header');
  if (sql.endsWith(';')) throw new ViewError(path, lineAt(text, text.trimEnd().length), 'a view has no semicolon');
  return { name, folder, ...header, sql, dependsOn: [...new Set(relations(sql))] };
}

type Header = Pick<View, 'doc' | 'clock' | 'grain' | 'columns'>;

function parseHeader(path: string, lines: readonly string[], columnsOf: ColumnsOf): Header {
  const doc: string[] = [];
  const columns: ViewColumn[] = [];
  let clock: ViewClock | undefined;
  let grain: { names: string[]; line: number } | undefined;
  let part: 'doc' | 'facts' | 'columns' = 'doc';
  // The first line is the comment's beginning.
  for (const [before, text] of lines.slice(1).entries()) {
    const line = before + 2;
    if (text.trim() === '') continue;
    const fact = /^(clock|grain|generated|columns):\s*(.*)$/.exec(text);
    if (part === 'columns') {
      readColumn(path, line, text, columns, columnsOf);
    } else if (fact?.[1] === 'clock') {
      clock = readClock(path, line, fact[2] ?? '');
      part = 'facts';
    } else if (fact?.[1] === 'grain') {
      const names = (fact[2] ?? '').split(',').map((word) => word.trim());
      // a long one takes several lines
      grain = { names: [...(grain?.names ?? []), ...names.filter((word) => word !== '')], line };
      part = 'facts';
    } else if (fact?.[1] === 'generated') {
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

function readColumn(path: string, line: number, text: string, columns: ViewColumn[], columnsOf: ColumnsOf): void {
  const [, indent = '', rest = ''] = /^(\s*)(.*)$/.exec(text) ?? [];
  const last = columns.at(-1);
  if (indent.length > 4 && last) {
    last.doc = `${last.doc} ${rest.trim()}`;
    return;
  }
  const [, names = '', source = ''] = /^(\w+(?:(?:, | … )\w+)*)\s+= (\w+)$/.exec(rest) ?? [];
  const read =
    names === ''
      ? [oneColumn(path, line, indent.length === 4 ? rest : '', columnsOf)]
      : namedColumns(path, line, names, source, columnsOf(source) ?? []);
  const twice = read.find(({ name }) => columns.some((column) => column.name === name));
  if (twice) throw new ViewError(path, line, `column is there twice: ${twice.name}`);
  columns.push(...read);
}

function oneColumn(path: string, line: number, text: string, columnsOf: ColumnsOf): ViewColumn {
  const [, name = '', type = '', doc = ''] = /^([a-z][a-z0-9_]*)\s+(\S+)\s+(\S.*)$/.exec(text) ?? [];
  if (name === '') throw new ViewError(path, line, 'a column is four spaces, its name, type and meaning');
  if (!VIEW_TYPES.includes(type)) {
    throw new ViewError(path, line, `no such type: ${type} of ${name}; there is ${VIEW_TYPES.join(', ')}`);
  }
  const source = /^= (\w+)$/.exec(doc.trim())?.[1];
  if (source === undefined) return { name, type, doc: doc.trim() };
  const column = columnsOf(source)?.find((one) => one.name === name);
  if (!column) throw new ViewError(path, line, `no meaning of ${name} in ${source}`);
  if (column.type !== type) throw new ViewError(path, line, `${name} is ${column.type} in ${source}, not ${type}`);
  return { ...column };
}

/** The columns of `source` that a list such as `a, b, d … g` names. */
function namedColumns(
  path: string,
  line: number,
  names: string,
  source: string,
  columns: readonly ViewColumn[],
): ViewColumn[] {
  return names.split(/, */).flatMap((item) => {
    const [first = '', last = first] = item.split(' … ');
    const [from, to] = [first, last].map((name) => columns.findIndex((column) => column.name === name));
    if (from === undefined || to === undefined || from < 0 || to < from) {
      const what = first === last ? `no column ${first}` : `no columns from ${first} to ${last}, in this order`;
      throw new ViewError(path, line, `${source} has ${what}`);
    }
    return columns.slice(from, to + 1).map((column) => ({ ...column }));
  });
}

const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;
