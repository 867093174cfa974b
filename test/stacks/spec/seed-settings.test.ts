import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { withSeedSettings } from '../../../stacks/spec/seed-settings.ts';

const CSV = readFileSync('sql/seeds/settings.csv', 'utf8');

test('a value is changed, and nothing else', () => {
  const changed = withSeedSettings(CSV, { attribution_days: '14', report_time_zone: 'Europe/Berlin' });
  const [before, after] = [CSV, changed].map((text) => text.split('\n'));
  const different = after?.filter((line, i) => line !== before?.[i]);
  expect(different?.map((line) => line.split(',').slice(0, 2))).toEqual([
    ['attribution_days', '14'],
    ['report_time_zone', 'Europe/Berlin'],
  ]);
  expect(withSeedSettings(CSV, {})).toBe(CSV);
});

test('a setting that isn’t there, or a value that would break the file, is refused', () => {
  expect(() => withSeedSettings(CSV, { attribution: '14' })).toThrow('no setting attribution');
  expect(() => withSeedSettings(CSV, { attribution_days: '1,4' })).toThrow('would need quotes');
});
