/** What all handlers share: logs without personal data, metrics, and the one place where failures are caught. */
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Context } from 'aws-lambda';
import { withoutPeople } from '#lake/decode/without-addresses.ts';
import { FIGURES, FIGURES_LINE, type FigureName, METRICS_NAMESPACE } from './metrics.ts';

/** What a handler uses of Lambda's context. */
export type Invocation = Pick<Context, 'getRemainingTimeInMillis' | 'awsRequestId' | 'functionName'>;

export interface Observer {
  info(message: string, facts?: Facts): void;
  /** says what went wrong, never with the content of a record */
  problem(message: string, error: unknown, facts?: Facts): void;
  /** adds to a figure of this invocation. @param source counted apart from the rest: a metric of its own, by the dimension `source` */
  count(name: FigureName, value: number, source?: string): void;
}

/** Names, numbers and times of objects, units and days; never addresses, subjects or links. */
export type Facts = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/**
 * Runs a handler's work with its observer, sends and logs its figures whatever happens, and lets failures through to
 * Lambda, which tries again.
 */
export async function observed<T>(
  step: string,
  invocation: Invocation,
  work: (observer: Observer) => Promise<T>,
): Promise<T> {
  const logger = new Logger({ serviceName: step, persistentKeys: { request: invocation.awsRequestId } });
  const metrics = new Metrics({ namespace: METRICS_NAMESPACE, serviceName: step });
  metrics.setDefaultDimensions({ app: process.env.APP ?? 'none', stage: process.env.STAGE ?? 'none' });
  const logged: Partial<Record<FigureName, number>> = {};
  const observer: Observer = {
    info: (message, facts = {}) => logger.info(message, facts),
    problem: (message, error, facts = {}) => logger.error(message, { ...facts, ...spoken(error) }),
    count(name, value, source) {
      const { sent } = FIGURES[name];
      if (sent === 'log') logged[name] = (logged[name] ?? 0) + value;
      else if (source !== undefined) {
        metrics.singleMetric().addDimension('source', source).addMetric(name, MetricUnit.Count, value);
      } else if (sent !== 'fault' || value !== 0) metrics.addMetric(name, MetricUnit.Count, value);
    },
  };
  try {
    return await work(observer);
  } catch (error) {
    observer.problem(`${step} failed`, error);
    observer.count('Failures', 1);
    throw new Error(`${step} failed: ${spoken(error).why}`);
  } finally {
    if (Object.keys(logged).length > 0) logger.info(FIGURES_LINE.message, { [FIGURES_LINE.field]: logged });
    if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
  }
}

/** An error without personal data: its message may quote raw data, such as text that is not JSON. */
export function spoken(error: unknown): { error: string; why: string } {
  if (!(error instanceof Error)) return { error: 'unknown', why: 'something was thrown that is no error' };
  return { error: error.name, why: withoutPeople(error.message).slice(0, MOST_WORDS) };
}

const MOST_WORDS = 1000;
