/** When a stage's schedules call, as its config has it. */
import type { StageConfig } from '../config.ts';
import { type LambdaSchedule, REPORT } from './lambdas.ts';

type Config = Pick<StageConfig, 'schedules' | 'report'>;

export const expressionOf = ({ schedules, report }: Config, { name, expression }: LambdaSchedule): string =>
  (name === REPORT ? report?.at : schedules.at[name]) ?? expression;

/** The report's is there in any case, and calls where there is somebody to mail it to. */
export const isOn = ({ schedules, report }: Config, { name }: LambdaSchedule): boolean =>
  schedules.enabled && (name !== REPORT || report !== null);
