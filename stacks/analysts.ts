/** A policy for analysts, to be attached to users, groups or roles of single sign-on. */

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
