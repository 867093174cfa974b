/** When a stage's schedules call, as its config has it. */
import type { StageConfig } from '../config.ts';
import { type LambdaSchedule, REPORT } from './lambdas.ts';

type Config = Pick<StageConfig, 'schedules' | 'report' | 'alerts'>;

export const expressionOf = (
  { schedules, report }: Config,
  { name, expression }: LambdaSchedule,
): LambdaSchedule['expression'] => (name === REPORT ? report?.at : schedules.at[name]) ?? expression;

/** Those of the report and of alerts are there in any case, and call where somebody wants them. */
export const isOn = ({ schedules, report, alerts }: Config, { name }: LambdaSchedule): boolean =>
  schedules.enabled && (name !== REPORT || report !== null) && (!name.startsWith('watch-') || alerts.enabled);
