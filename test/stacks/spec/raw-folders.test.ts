import { expect, test } from 'vitest';
import { CLOUD_SETTINGS } from '#aws/environment.ts';
import { hourPrefix } from '#lake/protocol/raw-prefixes.ts';
import { FIREHOSE_ERROR_PREFIX, firehosePrefix, RAW_PREFIX_ROOT } from '../../../stacks/spec/raw-folders.ts';

/** As Firehose replaces them: `!{timestamp:…}` by the UTC time of arrival. */
const written = (prefix: string, at: Date): string =>
  prefix.replace(/!\{timestamp:(yyyy|MM|dd|HH)\}/g, (_, field: string) =>
    at.toISOString().slice(...({ yyyy: [0, 4], MM: [5, 7], dd: [8, 10], HH: [11, 13] }[field] ?? [])),
  );

test('Firehose writes where the planner looks', () => {
  const at = new Date('2026-11-04T05:59:59.999Z');
  expect(written(firehosePrefix(), at)).toBe('raw/2026/11/04/05/');
  expect(written(firehosePrefix(), at)).toBe(hourPrefix(CLOUD_SETTINGS.rawTemplate ?? '', at.getTime(), 0));
});

test('what Firehose can’t deliver lies outside the raw prefix', () => {
  expect(RAW_PREFIX_ROOT).toBe('raw/');
  expect(FIREHOSE_ERROR_PREFIX.startsWith(RAW_PREFIX_ROOT)).toBe(false);
});
