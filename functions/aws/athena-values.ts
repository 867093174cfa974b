/** Converts the text values of Athena's results into typed values. */
import type { ColumnInfo, Row } from '@aws-sdk/client-athena';
import type { QueryResult, SqlValue } from '#lake/ports.ts';

export type ResultColumn = QueryResult['columns'][number];

/** Athena leaves out the parameters of types: our timestamps have milliseconds, and all our maps count by name. */
const WHOLE_NAMES: Readonly<Record<string, string>> = {
  timestamp: 'timestamp(3)',
  map: 'map(varchar, bigint)',
  float: 'real',
};

export const columnOf = ({ Name = '', Type = '', Precision = 0, Scale = 0 }: ColumnInfo): ResultColumn => ({
  name: Name,
  type: Type === 'decimal' ? `decimal(${Precision},${Scale})` : (WHOLE_NAMES[Type] ?? Type),
});

export const valuesOf = (columns: readonly ResultColumn[], { Data = [] }: Row): SqlValue[] =>
  columns.map(({ type }, at) => {
    const text = Data[at]?.VarCharValue;
    return text === undefined ? null : parsed(type, text);
  });

function parsed(type: string, text: string): SqlValue {
  if (type.startsWith('decimal')) return type.endsWith(',0)') ? whole(text) : Number(text);
  switch (type) {
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'real':
    case 'double':
      return Number(text);
    case 'bigint':
      return whole(text);
    case 'boolean':
      return text === 'true';
    case 'timestamp(3)':
      return instant(text);
    default:
      return text;
  }
}

function whole(text: string): number | bigint {
  const exact = BigInt(text);
  const number = Number(exact);
  return Number.isSafeInteger(number) ? number : exact;
}

/** `2025-03-10 09:16:00.000`; years may have more than four digits, or a sign. */
function instant(text: string): number {
  const match = /^([+-]?\d+)-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,3}))?/.exec(text);
  if (!match) throw new Error(`Athena answered with a timestamp that can't be read: ${text}`);
  const [year = 0, month = 1, day = 1, hours = 0, minutes = 0, seconds = 0] = match.slice(1, 7).map(Number);
  // Date.UTC takes years below 100 for those of the last century.
  const date = new Date(
    Date.UTC(2000, month - 1, day, hours, minutes, seconds, Number((match[7] ?? '').padEnd(3, '0'))),
  );
  return date.setUTCFullYear(year, month - 1, day);
}
