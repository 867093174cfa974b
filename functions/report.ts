/** Lambda, weekly or when a person asks: writes the deliverability report of the lake into a bucket of its own, and mails it. */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { AthenaReader, type Spent } from '#aws/athena-reader.ts';
import { consoleLink } from '#aws/console-link.ts';
import { type Invocation, observed } from '#aws/observed.ts';
import { S3Store } from '#aws/s3-store.ts';
import { sendMail } from '#aws/ses-mail.ts';
import { DAY_MS, utcDate } from '#lake/days.ts';
import { makeReport, type Report } from '#report/index.ts';
import { mailOf } from '#report/mail.ts';
import { type Mailed, mailOnce } from '#report/mail-once.ts';
import { later } from '#report/period.ts';
import { wiring } from './wiring.ts';

const day = z.string().regex(/^\d{4}-\d\d-\d\d$/);
/** As of the command `report`. With `due`, as its schedule says it, it is about the days before that one, and is mailed. */
const ReportEvent = z.strictObject({
  due: z.iso.datetime().exactOptional(),
  /** to those whom the config names */
  mail: z.boolean().default(false),
  from: day.exactOptional(),
  to: day.exactOptional(),
  title: z.string().min(1).exactOptional(),
  campaign: z.string().exactOptional(),
  domain: z.string().exactOptional(),
  tenant: z.string().exactOptional(),
  dimensions: z.record(z.string(), z.string()).exactOptional(),
  by: z.string().exactOptional(),
});

export interface Written {
  bucket: string;
  key: string;
  bytes: number;
  /** for who may sign in to the account */
  link: string;
  mail: Mailed | 'not asked for';
  /** what its queries read, and their price */
  spent: Spent;
}

export const handler = (event: unknown, invocation: Invocation): Promise<Written> =>
  observed('report', invocation, async ({ info }) => {
    const { due, mail, ...asked } = ReportEvent.parse(event ?? {});
    const { ports, environment, clients, sql } = wiring();
    const { clock } = ports(invocation);
    const { reportsBucket: bucket, report: readers, settings, database, workgroup, endpoint } = environment;
    const isMailed = mail || due !== undefined;
    if (isMailed && !readers) throw new Error('nobody is to get the report by mail: say report in maillake.config.ts');
    const days = due !== undefined && readers ? daysBefore(due, readers.days) : {};

    const remainingMs = () => invocation.getRemainingTimeInMillis();
    const engine = new AthenaReader({ client: clients.athena, database, workgroup, remainingMs });
    const { views } = await sql();
    const report = await makeReport({ engine, views, settings }, { ...days, ...asked });
    const bytes = new TextEncoder().encode(report.page.toString());
    const { name, key } = placeOf(report, bytes);
    const store = new S3Store({ client: clients.s3, bucket, type: 'text/html; charset=utf-8' });
    // The same page has the same key: asking twice writes it once.
    const isNew = await store.create(key, bytes);
    const link = consoleLink(await clients.s3.config.region(), bucket, key);
    const written = { bucket, key, bytes: bytes.length, link, spent: engine.spent };
    info('report written', { key, bytes: bytes.length, isNew, ...engine.spent });
    if (!isMailed || !readers) return { ...written, mail: 'not asked for' };

    const body = mailOf(report.digest, { attached: name, link });
    const mailing = { store, clock, request: invocation.awsRequestId, longestMs: LONGEST_MS };
    // What a schedule asks for is sent once for its time, and what a person asks for once for each page.
    const mailed = await mailOnce(mailing, due?.replaceAll(':', '') ?? key.replaceAll('/', '-'), () =>
      sendMail(
        clients.s3.config,
        { from: readers.from, to: readers.to, ...body, attachment: { name, type: 'text/html', bytes } },
        endpoint,
      ),
    );
    info('report mailed', { key, mailed, readers: readers.to.length });
    return { ...written, mail: mailed };
  });

/** A function's longest time (AWS Lambda, "Lambda quotas"). */
const LONGEST_MS = 15 * 60 * 1000;

/** The whole days before, in UTC. */
function daysBefore(due: string, days: number): { from: string; to: string } {
  const to = utcDate(Date.parse(due) - DAY_MS);
  return { from: later(to, 1 - days), to };
}

/** The page's name as a file, and its key: named by its days and by what is in it. */
function placeOf({ digest: { period } }: Report, bytes: Uint8Array): { name: string; key: string } {
  const days = period === null ? 'no-mail' : `${period.from}_${period.to}`;
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  return { name: `deliverability-${days}.html`, key: `reports/${days}/${hash}.html` };
}
