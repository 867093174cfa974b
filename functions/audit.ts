/** Lambda, daily: is everything accounted for? Looks and reports; the scheduled steps do what is missing. */
import { z } from 'zod';
import { type Invocation, observed } from '#aws/observed.ts';
import { type AuditReport, audit } from '#lake/steps/audit.ts';
import { wiring } from './wiring.ts';

/** `daily`: the last 8 days, and of older ones a thirtieth in turns; `all`: everything, for a person who asks. */
const AuditEvent = z.object({ reach: z.enum(['daily', 'all']) });

export const handler = (event: unknown, invocation: Invocation): Promise<AuditReport> =>
  observed('audit', invocation, async ({ info, problem, count }) => {
    const { reach } = AuditEvent.parse(event);
    const { ports, environment } = wiring();
    const report = await audit(ports(invocation), { settings: environment.settings, reach });
    const { raw_objects, units, records, files, drift_count, drifts, acknowledged } = report;
    info('audited', { reach, raw_objects, units, records, files, drifts: drift_count });
    count('AuditedObjects', raw_objects);
    count('Drifts', drift_count);
    for (const { kind, key } of drifts.slice(0, MOST_NAMED)) problem(kind, new Error('drift'), { key });
    // Lambda answers with at most 6 MB.
    return { ...report, drifts: drifts.slice(0, MOST_NAMED), acknowledged: acknowledged.slice(0, MOST_NAMED) };
  });

/** Drifts that the log and the answer name; the report in the lake has all. */
const MOST_NAMED = 100;
