import { expect, test } from 'vitest';
import { makeDecoder } from '#lake/decode/decode.ts';
import { DEFAULT_SETTINGS } from '#lake/settings.ts';
import { UnitRows } from '#lake/steps/transform/unit-rows.ts';
import { POISON } from './poison.ts';
import { readInto } from './reading.ts';

test.each(Object.entries(POISON))('poison, a small dose of %s: every record is counted', async (_, { make, small }) => {
  const bytes = make(small);
  const { limits } = DEFAULT_SETTINGS;
  const { counts, records, rejected } = await readInto(new UnitRows(), makeDecoder(DEFAULT_SETTINGS), [bytes], limits);
  expect(counts.records).toBe(records);
  // zeros and empty members are no events at all
  expect(rejected).toBe(bytes.equals(POISON.zeros?.make(small) ?? bytes) ? 'not_event_stream' : null);
});
