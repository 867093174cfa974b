/** Athena's answers, which are text, as values. */
import type { ColumnInfo, Row } from '@aws-sdk/client-athena';
import type { QueryResult, SqlValue } from '#lake/ports.ts';

export type ResultColumn = QueryResult['columns'][number];

/** Athena drops precisions from names; timestamps have milliseconds. */
export const columnOf = ({ Name = '', Type = '' }: ColumnInfo): ResultColumn => ({
  name: Name,
  type: Type === 'timestamp' ? 'timestamp(3)' : Type,
});

export const valuesOf = (columns: readonly ResultColumn[], { Data = [] }: Row): SqlValue[] =>
  columns.map(({ type }, at) => {
    const text = Data[at]?.VarCharValue;
    return text === undefined ? null : parsed(type, text);
  });

function parsed(type: string, text: string): SqlValue {
  switch (type) {
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'float':
    case 'real':
    case 'double':
      return Number(text);
    case 'bigint': {
      const exact = BigInt(text);
      const number = Number(exact);
      return Number.isSafeInteger(number) ? number : exact;
    }
    case 'boolean':
      return text === 'true';
    case 'timestamp(3)':
      return Date.parse(`${text.replace(' ', 'T')}Z`);
    default:
      return text;
  }
}
