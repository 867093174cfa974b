/** Values as Athena's GetQueryResults writes them. */
import type { TrinoValue } from './trino-client.ts';

export const athenaText = (value: TrinoValue, type: string): string | undefined => {
  if (value === null) return undefined;
  if (typeof value === 'number' && /^(double|real)/.test(type)) {
    return Number.isInteger(value) && Math.abs(value) < 1e7 ? value.toFixed(1) : javaDouble(value);
  }
  return typeof value === 'object' ? nested(value) : String(value);
};

/** `1.5E-7`, where JavaScript writes `1.5e-7`. */
const javaDouble = (value: number): string => String(value).replace('e+', 'E').replace('e', 'E');

const nested = (value: TrinoValue): string => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return `[${value.map(nested).join(', ')}]`;
  if (typeof value !== 'object') return String(value);
  return `{${Object.entries(value)
    .map(([key, item]) => `${key}=${nested(item)}`)
    .join(', ')}}`;
};

/** A column as Athena describes it: without precision in the type's name; only that of decimals is told. */
export const athenaColumn = ({ name, type }: { name: string; type: string }): object => ({
  Name: name,
  Label: name,
  Type: type.startsWith('timestamp')
    ? type.includes('zone')
      ? 'timestamp with time zone'
      : 'timestamp'
    : type.replace(/\(.*/, ''),
  // Always there, and clients of Python read them.
  Precision: Number(/^decimal\((\d+)/.exec(type)?.[1] ?? 0),
  Scale: Number(/^decimal\(\d+,\s*(\d+)/.exec(type)?.[1] ?? 0),
  Nullable: 'UNKNOWN',
});
