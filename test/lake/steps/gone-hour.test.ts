import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DEFAULT_SETTINGS } from '#lake/settings.ts';
import { audit } from '#lake/steps/audit.ts';
import { planReach } from '#lake/steps/plan.ts';
import { ndjson, sesDelivery, sesOpen } from '#test/records.ts';
import { smallLake } from '#test/small-lake.ts';

test('fault 66: when the last object of an hour goes after it was read, an audit still adds its plan to the day', async () => {
  const settings = { ...DEFAULT_SETTINGS, rawTemplate: 'raw/{yyyy}/{MM}/{dd}/{HH}/' };
  const here = await smallLake(settings);
  try {
    here.put('raw/2026/10/05/09/a', ndjson(sesDelivery()));
    here.put('raw/2026/10/05/10/b', ndjson(sesOpen()));
    await planReach(here.lake.ports, settings, 'all');
    await here.transformAll();
    await here.settle();
    rmSync(join(here.folder, 'raw', 'raw/2026/10/05/10'), { recursive: true });
    const { drifts, raw_objects } = await audit(here.lake.ports, { settings });
    expect(drifts).toEqual([]);
    expect(raw_objects).toBe(1);
  } finally {
    await here.close();
  }
});
