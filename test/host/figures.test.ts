import { expect, test } from 'vitest';
import { byteCount, count, counted, duration, percent } from '#host/figures.ts';

test.for([
  [count(1234567), '1,234,567'],
  [count(-1234), '-1,234'],
  [count(12345678901234567890n), '12,345,678,901,234,567,890'],
  [count(1234.5678), '1,234.5678'],
  [counted(1, 'object'), '1 object'],
  [counted(2000, 'object'), '2,000 objects'],
  [byteCount(0), '0 B'],
  [byteCount(999), '999 B'],
  [byteCount(1500), '1.5 kB'],
  [byteCount(999_700), '1.0 MB'],
  [byteCount(204_000_000), '204 MB'],
  [duration(0.42), '0.4 s'],
  [duration(59.7), '1 min 00 s'],
  [duration(185), '3 min 05 s'],
  [duration(7620), '2 h 07 min'],
  [percent(0.98765), '98.8 %'],
  [percent(0.0312), '3.12 %'],
  [percent(0.0012), '0.12 %'],
  [percent(0.00004), '0.004 %'],
  [percent(0), '0 %'],
  [percent(1), '100 %'],
  [percent(0.99996), '100.0 %'],
  [percent(null), 'unknown'],
] as const)('%j is said as %j', ([said, expected]) => {
  expect(said).toBe(expected);
});
