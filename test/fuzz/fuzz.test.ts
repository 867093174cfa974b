import { beforeAll, expect, test } from 'vitest';
import { BYTE_MUTATIONS } from './byte-mutations.ts';
import { WRAPS } from './envelopes.ts';
import { checkFiles } from './files.ts';
import { DAMAGED_PACKINGS, SOUND_PACKINGS } from './gzip-mutations.ts';
import { makeInput } from './input.ts';
import { violationOf } from './minimise.ts';
import { check, Violation } from './oracles.ts';
import { Reader } from './reading.ts';
import { RECORD_MUTATIONS } from './record-mutations.ts';
import { countWork } from './work.ts';

const SEED = 20_261_124;
/** Enough for every mutation to come up some dozen times. */
const INPUTS = 2000;

beforeAll(countWork);

test(`${INPUTS} mutated inputs are read without a crash, a lost byte or a miscounted record`, async () => {
  const reader = new Reader();
  const violations: string[] = [];
  const used = new Set<string>();
  const reasons = new Set<string>();
  let accepted = 0;
  for (let number = 0; number < INPUTS; number++) {
    const input = makeInput(SEED, number);
    for (const name of input.mutations) used.add(name);
    try {
      const { counts } = await check(input, reader);
      accepted += counts.accepted;
      for (const reason of Object.keys(counts.quarantined_by_reason)) reasons.add(reason);
      if (number % 100 === 0) await checkFiles(input);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      violations.push(`node test/fuzz/run.ts --seed ${SEED} --only ${number}: ${error.message}`);
    }
  }
  expect(violations).toEqual([]);
  const all = [BYTE_MUTATIONS, RECORD_MUTATIONS, WRAPS, SOUND_PACKINGS, DAMAGED_PACKINGS].flatMap(Object.keys);
  expect(all.filter((name) => !used.has(name))).toEqual([]);
  // what no input of a few kilobytes can have: poison, which is no reading at all
  expect([...reasons].toSorted()).toEqual(
    [
      ...['encoding', 'firehose_error', 'gzip_crc', 'gzip_trailing', 'gzip_truncated', 'invalid_utf8', 'json'],
      ...['missing_field', 'not_event_stream', 'number', 'record_too_large', 'timestamp', 'too_deep', 'too_large'],
      ...['unknown_envelope', 'wrong_type'],
    ].toSorted(),
  );
  expect(accepted).toBeGreaterThan(INPUTS);
});

test('an input is made of its seed and number alone', () => {
  for (const number of [0, 7, 1234]) {
    const [one, again, other] = [makeInput(1, number), makeInput(1, number), makeInput(2, number)];
    expect(again).toEqual(one);
    expect(other.bytes.equals(one.bytes)).toBe(false);
  }
});

test('each oracle sees what it is for', async () => {
  const input = makeInput(SEED, 1);
  const two = Buffer.from('{"a":1}\n{"a":2}\n');
  const lost = { ...input, bytes: two, neighbours: ['gone'], mutations: [] };
  expect((await violationOf(lost, false))?.oracle).toBe('neighbour');

  const broken = (spoil: (reading: Awaited<ReturnType<Reader['read']>>) => void): Reader => {
    const reader = new Reader();
    const read = reader.read.bind(reader);
    reader.read = async (chunks, limits) => {
      const reading = await read(chunks, limits);
      spoil(reading);
      return reading;
    };
    return reader;
  };
  const sound = { ...lost, neighbours: [] };
  const seen = async (spoil: Parameters<typeof broken>[0]): Promise<string | undefined> => {
    const error = await check(sound, broken(spoil)).catch((caught: unknown) => caught);
    return error instanceof Violation ? error.oracle : undefined;
  };
  expect(await seen(() => {})).toBeUndefined();
  expect(await seen((reading) => void reading.records++)).toBe('law');
  expect(await seen((reading) => void reading.verdicts.pop())).toBe('law');
  expect(await seen(({ places }) => places.splice(1, 1))).toBe('range');
  expect(await seen(({ places }) => places.splice(0, 1, { ordinal: 0, offset: 1, length: 9 }))).toBe('range');
  expect(await seen(({ rows }) => void rows.push('events false {}'))).toBe('chunks');
  expect(
    await seen(() => {
      for (let i = 0; i < 60; i++) JSON.parse(`"${'x'.repeat(4_000_000)}"`);
    }),
  ).toBe('work');
  expect(
    await seen(() => {
      throw new TypeError('no rejection');
    }),
  ).toBe('crash');
});
