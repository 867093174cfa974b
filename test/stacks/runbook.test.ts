import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DRIFTS } from '#lake/steps/audit.ts';
import { REASONS } from '#lake/vocabulary.ts';
import { configOf } from '../../stacks/config.ts';
import { alarmsOf } from '../../stacks/spec/alarms.ts';
import { placesOf } from '../../stacks/spec/places.ts';

const RUNBOOK = readFileSync('stacks/RUNBOOK.md', 'utf8');
const stage = { app: 'maillake', stage: 'production' };
const config = configOf({ app: 'maillake', region: 'eu-west-1' }, 'production');
const places = placesOf(stage, { account: '123456789012', region: 'eu-west-1', partition: 'aws' }, config);

test.each([
  ['alarm', alarmsOf(config, stage, places).map(({ name }) => name)],
  ['drift', Object.keys(DRIFTS)],
  ['reason of quarantine', Object.keys(REASONS)],
])('the runbook says what to do about every %s (else add a row to stacks/RUNBOOK.md)', (_, names) => {
  const said = new Set([...RUNBOOK.matchAll(/`([\w-]+)`/g)].map(([, word]) => word));
  expect(names.filter((name) => !said.has(name))).toEqual([]);
});
