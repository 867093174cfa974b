import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DRIFTS } from '#lake/steps/audit.ts';
import { REASONS } from '#lake/vocabulary.ts';
import { configOf } from '../../stacks/config.ts';
import { alarmsOf } from '../../stacks/spec/alarms.ts';
import { LAMBDA_NAMES, LAMBDAS } from '../../stacks/spec/lambdas.ts';
import { placesOf } from '../../stacks/spec/places.ts';

const RUNBOOK = readFileSync('stacks/RUNBOOK.md', 'utf8');
const stage = { app: 'maillake', stage: 'production' };
const config = configOf({ app: 'maillake', region: 'eu-west-1' }, 'production');
const places = placesOf(stage, { account: '123456789012', region: 'eu-west-1', partition: 'aws' }, config);

test('its pause stops every worker of a queue', () => {
  const [, workers = ''] = /^for worker in (.*); do$/m.exec(RUNBOOK) ?? [];
  expect(workers.split(' ').sort()).toEqual(LAMBDA_NAMES.filter((name) => 'queues' in LAMBDAS[name]).sort());
});

/** What the rows of a section's table are about, each with all its cells filled. */
function rowsOf(section: string): string[] {
  const [, text = ''] = new RegExp(`^## ${section}$(.*?)(?=^## |$(?![\\s\\S]))`, 'ms').exec(RUNBOOK) ?? [];
  return Array.from(text.matchAll(/^\| (`.*)\|$/gm), ([, row = '']) => row.split(' | ')).flatMap(
    ([first = '', ...rest]) => {
      expect(rest.length, first).toBeGreaterThan(1);
      expect(
        rest.filter((cell) => cell.trim().length < 3),
        first,
      ).toEqual([]);
      return Array.from(first.matchAll(/`([\w-]+)`/g), ([, name = '']) => name);
    },
  );
}

test.each([
  ['alarm', 'Alarms', alarmsOf(config, stage, places).map(({ name }) => name)],
  ['drift', 'Drifts', Object.keys(DRIFTS)],
  ['reason of quarantine', 'Quarantine', Object.keys(REASONS)],
])('the runbook has a row for every %s, and for no other (else mend stacks/RUNBOOK.md)', (_, section, names) => {
  expect(rowsOf(section).sort()).toEqual([...names].sort());
});
