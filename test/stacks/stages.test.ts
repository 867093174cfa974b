/** The stages as SST's real components make them, for the three configurations. */

import { beforeAll, describe, expect, test } from 'vitest';
import { alarmChecks } from './checks/alarms.ts';
import { catalogChecks } from './checks/catalog.ts';
import { deployerChecks } from './checks/deployer.ts';
import { inputChecks } from './checks/inputs.ts';
import { jobChecks } from './checks/jobs.ts';
import { limitChecks } from './checks/limits.ts';
import { nameChecks } from './checks/names.ts';
import { policyChecks } from './checks/policies.ts';
import type { Stages } from './checks/stages.ts';
import { storageChecks } from './checks/storage.ts';
import { streamChecks } from './checks/stream.ts';
import { withoutPersonsChecks } from './checks/without-persons.ts';
import { DEV, EXISTING, KEPT, LONG, PRODUCTION } from './configurations.ts';
import { evaluateStages, type Graph } from './graph.ts';

let graphs: Graph[];
beforeAll(async () => {
  graphs = await evaluateStages([DEV, PRODUCTION, EXISTING, KEPT, LONG]);
}, 300_000);

const graphAt = (i: number): Graph => {
  const graph = graphs[i];
  if (!graph) throw new Error('stage was not evaluated');
  return graph;
};
const stages: Stages = {
  dev: () => graphAt(0),
  production: () => graphAt(1),
  existing: () => graphAt(2),
  kept: () => graphAt(3),
};

test('all are made without an error', () => {
  expect(graphs.map(({ errors }) => errors)).toEqual([[], [], [], [], []]);
  expect(graphs.map(({ app }) => [app.name, app.stage, app.removal, app.protect])).toEqual([
    ['maillake', 'dev', 'remove', false],
    ['maillake', 'production', 'retain', true],
    ['mail', 'shop', 'retain', true],
    ['maillake', 'staging', 'retain', true],
    ['a-lake-of-much-mail0', LONG.stage, 'remove', false],
  ]);
});

describe('inputs', () => inputChecks(stages));
describe('limits of the services', () => limitChecks(() => graphs));
describe('names', () => nameChecks(stages));
describe('storage', () => storageChecks(stages));
describe('policies', () => policyChecks(stages));
describe('stream', () => streamChecks(stages));
describe('catalog and views', () => catalogChecks(stages));
describe('what is without persons', () => withoutPersonsChecks(stages));
describe('jobs', () => jobChecks(stages));
describe('who deploys', () => deployerChecks(stages));
describe('alarms', () => alarmChecks(stages));
