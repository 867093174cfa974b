/** A policy for analysts, to be attached to users, groups or roles of single sign-on; the stage itself attaches it to roles of its config. */
import { createHash } from 'node:crypto';
import { globalName } from '#aws/stage-names.ts';
import type { LakeStage } from './lake-stage.ts';
import { analystStatements } from './spec/analyst.ts';
import { policyOf } from './spec/statements.ts';

export const makeAnalystPolicy = ({ names, account, places }: LakeStage): aws.iam.Policy =>
  new aws.iam.Policy('AnalystPolicy', {
    name: globalName('policy', names, account.region, 'analysts'),
    description: `Queries over tables and views of ${names.app}, stage ${names.stage}`,
    policy: policyOf(analystStatements(places)),
  });

/** @param open of those who may see no persons; where the config names one, it is there */
export function attachPolicies({ config }: LakeStage, all: aws.iam.Policy, open: aws.iam.Policy | undefined): void {
  for (const { principal, persons } of config.analysts.principals) {
    const policy = persons ? all : open;
    if (!policy) throw new Error(`there is no policy for ${principal}`);
    const mark = createHash('sha256').update(principal).digest('hex').slice(0, 8);
    new aws.iam.RolePolicyAttachment(`Analyst${mark}`, {
      role: principal.split('/').at(-1) ?? '',
      policyArn: policy.arn,
    });
  }
}
