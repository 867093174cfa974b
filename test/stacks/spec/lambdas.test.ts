import { expect, test } from 'vitest';
import { LAMBDAS } from '../../../stacks/spec/lambdas.ts';
import { EDIT_RAW, type Permission, type Places } from '../../../stacks/spec/permissions.ts';

const places: Places = {
  rawBucket: 'arn:raw',
  rawRoot: 'raw/',
  otherRaws: [{ bucket: 'arn:other', root: 'ses/' }],
  lakeBucket: 'arn:lake',
  resultsBucket: 'arn:results',
  reportsBucket: 'arn:reports',
  glueCatalog: 'arn:catalog',
  database: 'arn:database',
  tables: 'arn:tables/*',
  defaultDatabase: 'arn:default',
  workgroup: 'arn:workgroup',
  liveQueue: 'arn:live',
  backfillQueue: 'arn:backfill',
  settleQueue: 'arn:settle',
  rollupQueue: 'arn:rollup',
  alertTopic: 'arn:topic',
  eventBus: 'arn:bus',
  editableRaws: [],
  dataSets: ['arn:dataset/facts'],
  open: { database: 'arn:open', tables: 'arn:open-tables/*' },
  mail: { from: 'a@b.c', to: ['d@e.f'], identities: ['arn:identity/b.c'], configurationSets: 'arn:set/*' },
};
const grantedIn = (of: Places) =>
  Object.entries(LAMBDAS).flatMap(([name, { permissions }]) =>
    permissions.flatMap(({ actions, resources }: Permission) =>
      resources(of).flatMap((resource) => actions.map((action) => ({ name, action, resource }))),
    ),
  );
const granted = grantedIn(places);

test('nobody may change or delete raw data', () => {
  const ofRaw = granted.filter(({ resource }) => /^arn:(raw|other)/.test(resource));
  expect(new Set(ofRaw.map(({ action }) => action))).toEqual(new Set(['s3:ListBucket', 's3:GetObject']));
});

test('where the config says so, erase may write raw objects that it has read, and nobody else may', () => {
  const editableRaws = [
    { bucket: 'arn:raw', root: 'raw/' },
    { bucket: 'arn:other', root: 'old/' },
  ];
  const more = grantedIn({ ...places, editableRaws }).filter(
    (one) => !granted.some((other) => JSON.stringify(other) === JSON.stringify(one)),
  );
  expect(more.map(({ name, action, resource }) => `${name} ${action} ${resource}`)).toEqual([
    'erase s3:ListBucket arn:raw',
    'erase s3:ListBucket arn:other',
    'erase s3:GetObject arn:raw/raw/*',
    'erase s3:GetObject arn:other/old/*',
    'erase s3:PutObject arn:raw/raw/*',
    'erase s3:PutObject arn:other/old/*',
  ]);
  const [, , write] = EDIT_RAW;
  expect(write?.conditions?.(places)).toEqual({ Null: { 's3:if-match': 'false' } });
});

test('only collect may drop partitions, and only of tables whose days expire', () => {
  const dropping = granted.filter(({ action }) => action === 'glue:BatchDeletePartition');
  const tables = ['events', 'headers', 'clicks', 'recipient_messages', 'quarantine'];
  expect(dropping.map(({ name, resource }) => `${name} ${resource}`)).toEqual(
    ['catalog', 'database', ...tables.map((table) => `tables/${table}`)].map((place) => `collect arn:${place}`),
  );
});

test('only collect may delete, and only data; copies go with who makes them', () => {
  const deleting = granted.filter(({ action }) => /^s3:Delete/.test(action));
  expect(deleting.map(({ name, resource }) => `${name} ${resource}`)).toEqual([
    'rollup-days arn:results/copies/*',
    'collect arn:lake/v1/live/*',
    'collect arn:lake/v1/settled/*',
  ]);
});

test('files of quarantine are read by who writes them, replays them or erases from them, and by nobody else', () => {
  const file = 'arn:lake/v1/live/quarantine/dt=2026-10-05/x.parquet';
  const readers = granted.filter(
    ({ action, resource }) => action === 's3:GetObject' && file.startsWith(resource.replace(/\*$/, '')),
  );
  expect(readers.map(({ name }) => name)).toEqual(['transform', 'replay', 'erase']);
});

test('who plans, hands out, audits and collects reads records of the protocol, and no file of a table', () => {
  for (const step of ['plan', 'settle', 'rollup', 'audit', 'collect', 'rebuild']) {
    const read = granted.filter(
      ({ name, action, resource }) => name === step && action === 's3:GetObject' && resource.startsWith('arn:lake'),
    );
    expect(
      read.map(({ resource }) => resource),
      step,
    ).toEqual(['arn:lake/v1/state/*']);
  }
});

test('no action has a star, and no resource but the end of a key', () => {
  for (const { action, resource } of granted) {
    expect(action).not.toContain('*');
    expect(resource.slice(0, -1)).not.toContain('*');
  }
});
