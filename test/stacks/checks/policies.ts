/** Checks the IAM policies of an evaluated stage. */
import { expect, test } from 'vitest';
import { configOf } from '../../../stacks/config.ts';
import { analystStatements, openStatements } from '../../../stacks/spec/analyst.ts';
import { LAMBDA_NAMES } from '../../../stacks/spec/lambdas.ts';
import { placesOf } from '../../../stacks/spec/places.ts';
import { functionStatements, policyOf } from '../../../stacks/spec/statements.ts';
import { PRODUCTION } from '../configurations.ts';
import { ACCOUNT, at, type Graph, ofType, textAt } from '../graph.ts';
import { grantsOf, tableOf, trustsOf } from '../statements.ts';
import { all, type Stages } from './stages.ts';

export function policyChecks(stages: Stages): void {
  test('are these, statement by statement', async () => {
    for (const [name, graph] of [
      ['dev', stages.dev()],
      ['production', stages.production()],
      ['existing', stages.existing()],
    ] as const) {
      const text = `${tableOf(grantsOf(graph))}\nwho may take a role\n${trustsOf(graph)
        .map((line) => `  ${line}\n`)
        .join('')}`;
      await expect(text).toMatchFileSnapshot(`./statements/${name}.txt`);
    }
  });

  test('no action has a star, but where plain HTTP is refused', () => {
    for (const graph of all(stages)) {
      const starred = grantsOf(graph).filter(({ actions }) => actions.some((action) => action.includes('*')));
      expect(new Set(starred.map(({ effect, conditions }) => `${effect} ${conditions}`))).toEqual(
        new Set(['Deny {"Bool":{"aws:SecureTransport":["false"]}}']),
      );
    }
  });

  test('a resource is a star only where AWS knows nothing narrower, for a reason that is written down', () => {
    const config = configOf(PRODUCTION.config, 'production');
    const places = placesOf(
      { app: 'maillake', stage: 'production' },
      { account: ACCOUNT, region: 'eu-west-1', partition: 'aws' },
      config,
    );
    const reasoned = analystStatements(places).flatMap(({ actions, resources }) =>
      'everything' in resources ? [{ actions, reason: resources.everything }] : [],
    );
    expect(reasoned).toEqual([
      {
        actions: ['athena:ListDataCatalogs', 'athena:ListEngineVersions', 'athena:ListWorkGroups'],
        reason: expect.stringMatching(/take no resource/),
      },
    ]);
    for (const graph of all(stages)) {
      const stars = grantsOf(graph).filter(({ resources }) => resources.includes('*'));
      expect(stars.map(({ who, actions }) => ({ who, actions }))).toEqual([
        { who: 'policy AnalystPolicy', actions: reasoned[0]?.actions },
        // QuickSight may do what an analyst may.
        ...(graph === stages.production()
          ? ['policy WithoutPersonsPolicy', 'role Dashboards'].map((who) => ({ who, actions: reasoned[0]?.actions }))
          : []),
      ]);
    }
  });

  test('whoever starts queries may look at the database that Athena looks at before any', () => {
    for (const graph of all(stages)) {
      const may = (action: string, resource: RegExp): Set<string> =>
        new Set(
          grantsOf(graph)
            .filter(({ effect, actions, resources }) => {
              return effect === 'Allow' && actions.includes(action) && resources.some((one) => resource.test(one));
            })
            .map(({ who }) => who),
        );
      const askers = may('athena:StartQueryExecution', /./);
      expect(askers).toContain('role SettleDay');
      expect(may('glue:GetDatabase', /^\{glue database\/default\}$/)).toEqual(askers);
    }
  });

  test('nobody is given the right to change or delete raw data', () => {
    for (const graph of all(stages)) {
      const raw = textAt(graph.outputs, 'raw');
      const ofRaw = grantsOf(graph)
        .filter(({ effect, who }) => effect === 'Allow' && who !== 'role Firehose')
        .filter(({ resources }) => resources.some((one) => one.startsWith('{raw}') || one.includes(raw)));
      expect(new Set(ofRaw.flatMap(({ actions }) => actions))).toEqual(new Set(['s3:ListBucket', 's3:GetObject']));
    }
    const firehose = grantsOf(stages.production()).filter(({ who }) => who === 'role Firehose');
    expect(firehose.flatMap(({ actions }) => actions).filter((action) => /Delete/.test(action))).toEqual([]);
  });

  test('nobody deletes raw data or state in production, whatever else they may do', () => {
    for (const graph of [stages.production(), stages.existing()]) {
      const denied = grantsOf(graph).filter(
        ({ effect, actions }) => effect === 'Deny' && actions.includes('s3:DeleteObject'),
      );
      const unconditional = denied.filter(({ conditions }) => conditions === '').flatMap(({ resources }) => resources);
      const isNew = graph === stages.production();
      expect(unconditional).toEqual(isNew ? ['{lake}/v1/state/*', '{raw}/*'] : ['{lake}/v1/state/*']);
    }
  });

  test('analysts read tables and views, and neither raw data, quarantine nor the state of the pipeline', () => {
    const grants = grantsOf(stages.production()).filter(({ who }) => who === 'policy AnalystPolicy');
    const readable = grants
      .filter(({ effect, actions }) => effect === 'Allow' && actions.includes('s3:GetObject'))
      .flatMap(({ resources }) => resources);
    expect(readable.filter((one) => one.startsWith('{raw}'))).toEqual([]);
    expect(readable.filter((one) => one.includes('quarantine'))).toEqual([]);
    expect(readable.filter((one) => one.includes('/state/'))).toEqual([
      '{lake}/v1/state/units/*',
      '{lake}/v1/state/generations/*',
      '{lake}/v1/state/audits/*',
      // Records of units and generations, gathered.
      '{lake}/v1/state/compacted/*',
      // Which days have expired: no rows.
      '{lake}/v1/state/expired/*',
    ]);
    const writable = grants.filter(({ actions }) => actions.some((action) => /Put|Delete|Update|Create/.test(action)));
    expect(
      writable.map(({ actions, resources }) => [actions.filter((action) => /Put|Create/.test(action)), resources]),
    ).toEqual([
      [['athena:CreateNamedQuery'], ['{athena workgroup/analysts}']],
      [['s3:PutObject'], ['{results}/analysts/*']],
    ]);
  });

  test('who may see no persons reads copies of views and counts, and is refused files, raw data and what others asked', () => {
    const grants = grantsOf(stages.production());
    for (const [who, workgroup] of [
      ['policy WithoutPersonsPolicy', '{athena workgroup/without-persons}'],
      ['role Dashboards', '{athena workgroup/dashboards}'],
    ]) {
      const theirs = (effect: string, action: string): string[] =>
        grants
          .filter((one) => one.who === who && one.effect === effect && one.actions.includes(action))
          .flatMap(({ resources }) => resources);
      expect(theirs('Allow', 's3:GetObject')).toEqual([
        '{lake}/v1/state/units/*',
        '{lake}/v1/state/generations/*',
        '{lake}/v1/state/audits/*',
        '{lake}/v1/state/compacted/*',
        '{results}/copies/*',
        '{results}/without-persons/*',
      ]);
      expect(theirs('Allow', 'glue:GetTable')).toEqual([
        '{glue catalog}',
        '{glue database/without_persons}',
        '{glue table/without_persons/*}',
        '{glue database/<stage>}',
        ...['units', 'generations', 'audits'].map((table) => `{glue table/<stage>/${table}}`),
      ]);
      expect(theirs('Allow', 'athena:StartQueryExecution')).toEqual([workgroup]);
      expect(theirs('Allow', 's3:PutObject')).toEqual(['{results}/without-persons/*']);
      expect(theirs('Deny', 's3:GetObject')).toEqual([
        '{lake}/v1/live/*',
        '{lake}/v1/settled/*',
        '{raw}/raw/*',
        '{raw}/firehose-errors/*',
        '{results}/analysts/*',
        '{results}/pipeline/*',
      ]);
      expect(theirs('Deny', 'athena:GetQueryResults')).toEqual([
        '{athena workgroup/pipeline}',
        '{athena workgroup/analysts}',
      ]);
    }
    expect(grantsOf(stages.dev()).filter(({ who }) => who === 'policy WithoutPersonsPolicy')).toEqual([]);
  });

  test('fit into the sizes that IAM takes', () => {
    const sizes = (graph: Graph, type: string) =>
      ofType(graph, type).map(({ inputs }) => textAt(inputs, 'policy').length);
    for (const graph of all(stages)) {
      expect(Math.max(...sizes(graph, 'aws:iam/rolePolicy:RolePolicy'))).toBeLessThan(MOST_INLINE);
      expect(Math.max(...sizes(graph, 'aws:iam/policy:Policy'))).toBeLessThan(MOST_MANAGED);
      expect(
        ofType(graph, 'aws:iam/role:Role').filter(({ inputs }) => at(inputs, 'managedPolicyArns') !== undefined),
      ).toEqual([]);
    }
  });

  test('fit also where names are as long as they can be', () => {
    const long = { app: 'a'.repeat(20), stage: 's'.repeat(100) };
    const region = 'ap-southeast-2';
    const kmsKeyArn = `arn:aws:kms:${region}:${ACCOUNT}:key/mrk-${'0'.repeat(32)}`;
    const config = configOf({ app: long.app, region, kmsKeyArn, analysts: { withoutPersons: true } }, long.stage);
    const places = placesOf(long, { account: ACCOUNT, region, partition: 'aws' }, config);
    for (const statements of [analystStatements, openStatements])
      expect(policyOf(statements(places)).length).toBeLessThan(MOST_MANAGED);
    for (const name of LAMBDA_NAMES) {
      expect(policyOf(functionStatements(name, places)).length, name).toBeLessThan(MOST_INLINE);
    }
  });
}

/** Characters of a role's inline policies, and of a managed policy ("IAM and AWS STS quotas"). */
const MOST_INLINE = 10_240;
const MOST_MANAGED = 6144;
