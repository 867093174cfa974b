import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { liveFolder } from '#lake/protocol/keys.ts';
import { type AuditReport, acknowledge, audit } from '#lake/steps/audit.ts';
import { ndjson, sesSend } from '#test/records.ts';
import { type SmallLake, smallLake } from '#test/small-lake.ts';
import { keysOf } from '../aged.ts';

let small: SmallLake;
beforeEach(async () => {
  small = await smallLake();
  for (const name of ['gone', 'changed', 'kept']) small.put(name, ndjson(sesSend({ messageId: name })));
  await small.plan();
  rmSync(join(small.folder, 'raw', 'gone'));
  await small.transformAll();
  await small.settle();
  small.put('changed', ndjson(sesSend({ messageId: 'other' })));
  writeFileSync(join(small.lake.lakeRoot, `${liveFolder('events', '2026-10-05')}mine.parquet`), 'x');
});
afterEach(() => small.close());

const told = ({ drifts, acknowledged }: AuditReport): Record<string, string[]> => ({
  drifts: drifts.map(({ kind }) => kind),
  acknowledged: acknowledged.map(({ kind }) => kind),
});

test('what stays for good is acknowledged; what has a remedy is drift until it is mended', async () => {
  const { ports } = small.lake;
  expect(told(await audit(ports))).toEqual({
    drifts: ['foreign_file', 'raw_changed', 'source_missing'],
    acknowledged: [],
  });
  const left = { drifts: ['foreign_file'], acknowledged: ['raw_changed', 'source_missing'] };
  const report = await acknowledge(ports);
  expect(told(report)).toEqual(left);
  expect(report).toMatchObject({ drift_count: 1, drifts_by_kind: { foreign_file: 1 } });
  expect(told(await audit(ports))).toEqual(left);
  expect(told(await acknowledge(ports))).toEqual(left);
  expect(await keysOf(small, 'v1/state/acknowledged/')).toHaveLength(2);
});

test('only the object that is named is acknowledged; and changed once more it is drift again', async () => {
  const { ports } = small.lake;
  const report = await acknowledge(ports, { only: 'changed' });
  expect(told(report)).toEqual({ drifts: ['foreign_file', 'source_missing'], acknowledged: ['raw_changed'] });
  small.put('changed', ndjson(sesSend({ messageId: 'third' }), sesSend({ messageId: 'fourth' })));
  expect(told(await audit(ports))).toEqual({
    drifts: ['foreign_file', 'raw_changed', 'source_missing'],
    acknowledged: [],
  });
});
