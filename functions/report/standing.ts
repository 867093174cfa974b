/** Loads how the sender stands against the limits, from `reputation_status`. */
import type { Ask, Row } from './rows.ts';

/** `ok`, `warning`, `critical` or `not_observable`. */
export type Status = 'ok' | 'warning' | 'critical' | 'not_observable';

/** A rate among an account's latest sends, as reputation_status judges it. */
export interface Standing {
  status: Status;
  counted: number;
  mails: number;
  /** from 0 to 1; null of no mails */
  rate: number | null;
}

/** An account in a region: what SES judges. */
export interface AccountStanding {
  account: string | null;
  region: string | null;
  /** left out: all mail of the account */
  identity?: { domain: string | null; configurationSet: string | null };
  sent: number;
  bounces: Standing;
  complaints: Standing;
  /** delivered to Gmail, which reports no complaints */
  gmailDelivered: number;
}

/** The accounts, or the identities in them, in order of their mail; `ask` about the mail up to the period's end. */
export async function loadStandings(ask: Ask, scope: 'account' | 'identity' = 'account'): Promise<AccountStanding[]> {
  const rows = await ask(`select
    account_id,
    region,
    from_domain,
    configuration_set,
    sent,
    bounce_status,
    reputation_hard_bounces,
    reputation_sent,
    reputation_bounce_rate,
    complaint_status,
    feedback_complaints,
    feedback_delivered,
    complaint_rate,
    gmail_delivered
from reputation_status
where reputation_scope = '${scope}'
order by sent desc, account_id, region, from_domain, configuration_set`);
  return rows.map((row) => ({
    account: row.maybeText('account_id'),
    region: row.maybeText('region'),
    ...(scope === 'identity'
      ? { identity: { domain: row.maybeText('from_domain'), configurationSet: row.maybeText('configuration_set') } }
      : {}),
    sent: row.number('sent'),
    bounces: {
      status: statusOf(row, 'bounce_status'),
      counted: row.number('reputation_hard_bounces'),
      mails: row.number('reputation_sent'),
      rate: row.maybeNumber('reputation_bounce_rate'),
    },
    complaints: {
      status: statusOf(row, 'complaint_status'),
      counted: row.number('feedback_complaints'),
      mails: row.number('feedback_delivered'),
      rate: row.maybeNumber('complaint_rate'),
    },
    gmailDelivered: row.number('gmail_delivered'),
  }));
}

const STATUSES: readonly Status[] = ['ok', 'warning', 'critical', 'not_observable'];

function statusOf(row: Row, column: string): Status {
  const status = STATUSES.find((known) => known === row.text(column));
  if (status === undefined)
    throw new TypeError(`reputation_status has a status that the report can't word: ${row.text(column)}`);
  return status;
}
