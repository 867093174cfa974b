/** Lambda, daily: is everything accounted for? Looks and reports; the scheduled steps do what is missing. */
import * as z from 'zod';
import { type Invocation, observed } from '#aws/observed.ts';
import { type AuditReport, acknowledge, audit } from '#lake/steps/audit.ts';
import { wiring } from './wiring.ts';

const AuditEvent = z.object({
  /** `daily`: the last 8 days, and of older ones a thirtieth in turns; `all`: everything, for a person who asks */
  reach: z.enum(['daily', 'all']),
  /** a person has seen findings that no step can mend, or the one of this raw object */
  acknowledge: z.union([z.literal(true), z.string().min(1)]).optional(),
});

export const handler = (event: unknown, invocation: Invocation): Promise<AuditReport> =>
  observed('audit', invocation, async ({ info, problem, count }) => {
    const { reach, acknowledge: seen } = AuditEvent.parse(event);
    const { ports, environment, sql } = wiring();
    const { views, rollup } = await sql();
    const { settings, retention } = environment;
    const options = { settings, retention, reach, views, select: rollup.sql };
    const report =
      seen === undefined
        ? await audit(ports(invocation), options)
        : await acknowledge(ports(invocation), seen === true ? options : { ...options, only: seen });
    const { raw_objects, units, records, files, drift_count, drifts, acknowledged } = report;
    info('audited', { reach, raw_objects, units, records, files, drifts: drift_count });
    count('AuditedObjects', raw_objects);
    // A person who asks for everything has the answer; the alarm goes by the audit of each day.
    if (reach === 'daily') count('Drifts', drift_count);
    for (const { kind, key } of drifts.slice(0, MOST_NAMED)) problem(kind, new Error('drift'), { key });
    // Lambda answers with at most 6 MB.
    return { ...report, drifts: drifts.slice(0, MOST_NAMED), acknowledged: acknowledged.slice(0, MOST_NAMED) };
  });

/** Drifts that the log and the answer name; the report in the lake has all. */
const MOST_NAMED = 100;
