/** Both layouts of the same events in one account on loopback, and the engine that queries them. */
import { DeleteDatabaseCommand } from '@aws-sdk/client-glue';
import { DeleteBucketCommand, DeleteObjectsCommand } from '@aws-sdk/client-s3';
import { S3Store } from '#aws/s3-store.ts';
import type { Addresses } from '#test/engines/engines.ts';
import { TrinoFailure, type TrinoResult, type TrinoValue } from '#test/engines/trino-client.ts';
import { columnBytes } from './column-bytes.ts';
import { type MailEvents, type Making, makeEvents } from './events.ts';
import { LayoutFiles } from './files.ts';
import { dayOfSettledFile, makeLake, settledFiles } from './lake.ts';
import { dayOfPeerFile, makePeer, peerBucket } from './peer.ts';
import { type Question, questionsOf } from './questions.ts';

export const LAYOUTS = ['peer', 'maillake'] as const;
export type Layout = (typeof LAYOUTS)[number];

export interface Answer extends TrinoResult {
  /** compressed bytes of the columns and row groups that the query needed, see `columnBytes` */
  columnBytes: number;
}

export interface Layouts {
  mail: MailEvents;
  questions: Question[];
  files: Readonly<Record<Layout, LayoutFiles>>;
  ask(layout: Layout, question: Question): Promise<Answer>;
  /** leaves nothing in the account */
  close(): Promise<void>;
}

export async function makeLayouts(
  at: Addresses | undefined,
  making: Making,
  say: (line: string) => void = () => {},
): Promise<Layouts> {
  say(`generating ${making.messages} messages of ${making.days} days`);
  const mail = await makeEvents(making);
  const questions = questionsOf(mail);
  say(`${mail.records} events of SES through Maillake's steps`);
  const cloud = await makeLake(at, mail);
  const { account, lake } = cloud;
  const { s3, glue } = account.clients;
  say('the same events into the nested table');
  try {
    await makePeer(account, mail);
  } catch (error) {
    await cloud.close();
    throw error;
  }
  const peer = new S3Store({ client: s3, bucket: peerBucket(account) });
  return {
    mail,
    questions,
    files: {
      peer: await LayoutFiles.of(s3, peerBucket(account), peer.list(''), dayOfPeerFile),
      maillake: await LayoutFiles.of(s3, account.bucket, settledFiles(lake), dayOfSettledFile),
    },
    async ask(layout, question) {
      const answer = await account.trino.query(question[layout], { schema: account.database });
      return { ...answer, columnBytes: await columnBytes(account.trino, answer.id) };
    },
    async close() {
      for (const bucket of [account.bucket, cloud.rawBucket, peerBucket(account)]) {
        const keys = (await Array.fromAsync(new S3Store({ client: s3, bucket }).list(''))).map(({ key }) => key);
        for (let from = 0; from < keys.length; from += 1000) {
          const Objects = keys.slice(from, from + 1000).map((Key) => ({ Key }));
          await s3.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }));
        }
        await s3.send(new DeleteBucketCommand({ Bucket: bucket }));
      }
      await glue.send(new DeleteDatabaseCommand({ Name: account.database }));
      await cloud.close();
    },
  };
}

/** Both answers, or what is different in them. Fractions are the same when they agree to nine digits. */
export function difference(peer: TrinoResult, maillake: TrinoResult): string | null {
  const [theirs, ours] = [peer, maillake].map(({ rows }) => rows.map((row) => JSON.stringify(row.map(rounded))).sort());
  if (ours?.length === 0) return 'both found nothing';
  if (JSON.stringify(theirs) === JSON.stringify(ours)) return null;
  const only = (rows: readonly string[] = [], others: readonly string[] = []): string =>
    rows
      .filter((row) => !others.includes(row))
      .slice(0, 3)
      .join(' ');
  return `${theirs?.length} rows of the peer, only there: ${only(theirs, ours)}; ${ours?.length} rows of Maillake, only there: ${only(ours, theirs)}`;
}

const rounded = (value: TrinoValue): TrinoValue =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(9)) : value;

/**
 * Asks with every file of other days made unreadable.
 * @returns how many those were, or what the engine said of one that it opened
 */
export async function readsOtherDays(
  { files, ask }: Layouts,
  layout: Layout,
  question: Question,
): Promise<{ spoilt: number; opened: string | null }> {
  const spoilt = await files[layout].leaveOnly((day) => day >= question.from && day <= question.to);
  return { spoilt, opened: await failure(() => ask(layout, question)) };
}

/** That the check above can fail: with one of the asked days unreadable there must be no answer. */
export async function noticesSpoiltFiles(
  { files, ask }: Layouts,
  layout: Layout,
  question: Question,
): Promise<boolean> {
  await files[layout].leaveOnly((day) => day > question.from && day <= question.to);
  return (await failure(() => ask(layout, question))) !== null;
}

async function failure(work: () => Promise<unknown>): Promise<string | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (error instanceof TrinoFailure) return error.message;
    throw error;
  }
}
