/** What happened to mails, from `message_timeline`, one after another: the commands `message` and `person` print it. */
import { duration } from '#host/figures.ts';
import { safeText, wrapText } from '#host/safe-text.ts';
import type { Engine } from '#lake/ports.ts';
import { rowsOf } from '#report/rows.ts';
import type { Console } from '../console.ts';

export interface TimelineEvent {
  /** UTC, `2026-10-06 08:00:01` */
  occurred_at: string;
  seconds_since_sent: number | null;
  event: string;
  description: string;
}

/** A mail to one recipient, or of those of its events that name none. */
export interface MailTimeline {
  message_id: string;
  recipient: string | null;
  sent_at: string | null;
  subject: string | null;
  from: string | null;
  campaign: string | null;
  events: TimelineEvent[];
}

/** The mails of a condition on message_timeline, the newest last; events in order of time. */
export async function loadTimelines(engine: Pick<Engine, 'query'>, condition: string): Promise<MailTimeline[]> {
  const rows = rowsOf(
    await engine.query(`select
  message_id,
  recipient_key,
  cast(sent_at as varchar) as sent_at,
  subject,
  from_address,
  campaign_id,
  cast(occurred_at as varchar) as occurred_at,
  seconds_since_sent,
  event_name,
  description
from message_timeline
where ${condition}
order by sent_at, message_id, recipient_key nulls first, message_timeline.occurred_at, event_order, event_id`),
  );
  const mails = new Map<string, MailTimeline>();
  for (const row of rows) {
    const [id, recipient] = [row.text('message_id'), row.maybeText('recipient_key')];
    const key = JSON.stringify([id, recipient]);
    const mail = mails.get(key) ?? { message_id: id, recipient, ...NOTHING_KNOWN, events: [] };
    mails.set(key, mail);
    // Not every event says all of the mail.
    mail.sent_at ??= secondsOf(row.maybeText('sent_at'));
    mail.subject ??= row.maybeText('subject');
    mail.from ??= row.maybeText('from_address');
    mail.campaign ??= row.maybeText('campaign_id');
    mail.events.push({
      occurred_at: secondsOf(row.text('occurred_at')) ?? '',
      seconds_since_sent: row.maybeNumber('seconds_since_sent'),
      event: row.text('event_name'),
      description: row.text('description'),
    });
  }
  return [...mails.values()];
}

const NOTHING_KNOWN = { sent_at: null, subject: null, from: null, campaign: null };

/** Engines differ in how many digits they write after a whole second. */
const secondsOf = (text: string | null): string | null => text?.slice(0, 'YYYY-MM-DD HH:MM:SS'.length) ?? null;

export function* timelineLines(mails: readonly MailTimeline[], { palette, width }: Console): Generator<string> {
  for (const mail of mails) {
    yield palette.bold(safeText(mail.subject ?? `Mail ${mail.message_id}`));
    for (const [label, value] of [
      ['id', mail.message_id],
      ['from', mail.from],
      ['to', mail.recipient],
      ['campaign', mail.campaign],
    ] as const) {
      if (value !== null) yield `  ${palette.dim(label.padEnd(8))} ${safeText(value)}`;
    }
    for (const { occurred_at, seconds_since_sent, description } of mail.events) {
      const head = `  ${occurred_at}  ${sinceSent(seconds_since_sent)}  `;
      const lines = wrapText(safeText(description), Math.max(width - head.length, LEAST_ROOM));
      for (const [i, line] of lines.entries()) yield `${i === 0 ? head : ' '.repeat(head.length)}${line}`;
    }
    yield '';
  }
}

const LEAST_ROOM = 30;
const SINCE_WIDTH = '+11 min 59 s'.length;

const sinceSent = (seconds: number | null): string =>
  (seconds === null || seconds === 0 ? '' : `${seconds < 0 ? '-' : '+'}${duration(Math.abs(seconds))}`).padEnd(
    SINCE_WIDTH,
  );
