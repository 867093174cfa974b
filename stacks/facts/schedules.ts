import { LAMBDAS, type Lambda, type LambdaName, type LambdaSchedule } from '#aws/lambdas.ts';
import { LAMBDA_NAMES } from './places.ts';

/** Every schedule, with the function that it calls. */
export const SCHEDULES: readonly (LambdaSchedule & { calls: LambdaName })[] = LAMBDA_NAMES.flatMap((calls) => {
  const { schedules = [] }: Lambda = LAMBDAS[calls];
  return schedules.map((schedule) => ({ ...schedule, calls }));
});
