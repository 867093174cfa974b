/** What the first hour's script says of answers that an account may give; no account is asked. */
import { S3Client } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { connect } from '#aws/clients.ts';
import type { SqlValue } from '#lake/ports.ts';
import { CHECKS, type DeployedLake, type Encryption } from '../../stacks/first-hour.ts';

const NOW = Date.parse('2026-12-01T12:00:00Z');
const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/0f5b6a3c-1111-2222-3333-444455556666';
const FIREHOSE = 'raw/2026/12/01/11/maillake-dev-raw-1-2026-12-01-11-02-03-0a1b';

/** Lists these keys, and says of each how it is encrypted. */
function pretended(keys: readonly string[], encryption: Encryption = { by: 'AES256', key: null }): S3Client {
  const client = new S3Client({ region: 'eu-west-1' });
  client.middlewareStack.add(
    () =>
      async ({ input }) => {
        const prefix = String(Reflect.get(input, 'Prefix') ?? '');
        const Contents = keys
          .filter((key) => key.startsWith(prefix))
          .map((Key, i) => ({ Key, LastModified: new Date(i) }));
        const { by, key } = encryption;
        const output = { $metadata: {}, Contents, ServerSideEncryption: by, ...(key ? { SSEKMSKeyId: key } : {}) };
        return { response: {}, output };
      },
    { step: 'initialize' },
  );
  return client;
}

const said = (name: string, stage: Partial<DeployedLake>) => {
  const check = CHECKS.find((one) => one.name === name);
  if (!check) throw new Error(`there is no check ${name}`);
  const s3 = pretended([]);
  return check.look({
    s3,
    glue: connect({ region: 'eu-west-1' }).glue,
    engine: { query: () => Promise.reject(new Error('asked')), write: () => Promise.reject(new Error('asked')) },
    raws: [raw(s3)],
    waiting: null,
    published: [],
    lake: 'lake',
    results: 'results',
    reports: 'reports',
    database: 'maillake_dev',
    kmsKeyArn: null,
    rawDays: null,
    call: () => Promise.reject(new Error('called')),
    now: NOW,
    nonce: 'n',
    ...stage,
  });
};
const raw = (s3: S3Client, rawTemplate: string | null = 'raw/{yyyy}/{MM}/{dd}/{HH}/') => ({
  bucket: 'events',
  s3,
  rawTemplate,
  objectNameOffsetHours: 0,
});
const ownKey = async (): Promise<Encryption> => ({ by: 'AWS_OWNED_CMK', key: null });

test('raw objects are looked for where the template of each source finds them', async () => {
  const yours = raw(pretended(['ses/2026-11-30/a.json']), 'ses/{yyyy}-{MM}-{dd}/');
  const any = raw(pretended(['whatever/a']), null);
  expect(await said('raw objects', { raws: [yours, any] })).toMatchObject({
    is: 'holds',
    what: expect.stringMatching(/newest ses\/2026-11-30\/a\.json.*; .*newest whatever\/a/),
  });
  // Firehose's own are named as it names them.
  expect(await said('raw objects', { raws: [raw(pretended([FIREHOSE]))], waiting: ownKey })).toMatchObject({
    is: 'holds',
  });
  const other = raw(pretended(['raw/2026/12/01/11/a']));
  expect(await said('raw objects', { raws: [other], waiting: ownKey })).toMatchObject({ is: 'differs' });
  // Another layout than the one that was said, and one source of two.
  const mistaken = raw(pretended(['raw/2026-12-01/a']));
  expect(await said('raw objects', { raws: [any, mistaken] })).toMatchObject({
    is: 'differs',
    what: expect.stringMatching(/the template finds no raw\/2026-12-01\/a$/),
  });
  for (const keys of [[], ['raw/2025/12/01/11/a'], ['raw/2025/12/01/11/deeper/a']])
    expect(await said('raw objects', { raws: [raw(pretended(keys))] })).toMatchObject({ is: 'later' });
});

test('of mail to the simulator each kind of event is there that SES publishes', async () => {
  const published = ['SEND', 'DELIVERY', 'BOUNCE', 'COMPLAINT', 'OPEN'] as const;
  const of = (rows: SqlValue[][]) => ({
    published,
    engine: { query: async () => ({ columns: [], rows }), write: () => Promise.reject(new Error('asked')) },
  });
  const three: SqlValue[][] = [
    ['delivered', 2],
    ['hard_bounce', 2],
    ['send', 4],
  ];
  expect(await said('mail of the simulator', of([...three, ['complaint', 1]]))).toMatchObject({ is: 'holds' });
  expect(await said('mail of the simulator', of(three))).toEqual({
    is: 'differs',
    what: '2 delivered, 2 hard_bounce, 4 send, and no complaint',
  });
  expect(await said('mail of the simulator', of([]))).toMatchObject({ is: 'later' });
  expect(await said('mail of the simulator', { published: [] })).toMatchObject({ is: 'later' });
});

test('all that a stage keeps is encrypted as its config says', async () => {
  const keys = [FIREHOSE, 'v1/live/events/dt=2026-12-01/a.parquet', 'analysts/a.csv', 'reports/a.html'];
  const of = (s3: S3Client, waiting: DeployedLake['waiting'], kmsKeyArn: string | null = null) =>
    said('encryption', { s3, raws: [raw(s3)], waiting, kmsKeyArn });
  const mine = { by: 'aws:kms', key: KEY };
  const inFirehose = async (): Promise<Encryption> => ({ by: 'CUSTOMER_MANAGED_CMK', key: KEY });
  expect(await of(pretended(keys), ownKey)).toEqual({
    is: 'holds',
    what: 'raw: AES256; Firehose: AWS_OWNED_CMK; lake: AES256; results: AES256; reports: AES256',
  });
  expect(await of(pretended(keys, mine), inFirehose, KEY)).toMatchObject({ is: 'holds' });
  // One that isn't is enough.
  expect(await of(pretended(keys, mine), ownKey, KEY)).toMatchObject({ is: 'differs' });
  expect(await of(pretended(keys), inFirehose, KEY)).toMatchObject({ is: 'differs' });
  // A bucket of yours is as it is, and what this script wrote itself is no result of a query.
  const s3 = pretended(['analysts/first-hour/n/once'], mine);
  expect(await of(s3, null)).toMatchObject({
    is: 'differs',
    what: expect.stringMatching(/^raw: nothing.*results: nothing/),
  });
  expect(await said('encryption', { raws: [raw(pretended([FIREHOSE], mine))] })).toMatchObject({ is: 'later' });
});
