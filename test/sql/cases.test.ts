/** Small inputs of real shapes, read, settled and rolled up as a user's would be; each with what the views must say of it. */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { SqlValue } from '#lake/ports.ts';
import { openLake } from '#local/lake.ts';
import { runAll } from '#local/run/run.ts';

const CASES = join(import.meta.dirname, '../fixtures/cases');
const quiet = { start() {}, advance() {}, done() {} };

/** What statements answer over a lake of the case's file, all rows of each. */
async function answers(file: string, ...statements: string[]): Promise<SqlValue[][][]> {
  const folder = mkdtempSync(join(tmpdir(), 'case-'));
  const raw = join(folder, 'raw');
  mkdirSync(raw);
  cpSync(join(CASES, file), join(raw, file));
  const lake = await openLake({ raw, lake: join(folder, 'lake'), durable: false });
  try {
    await runAll(lake, { progress: quiet, includeUnfinished: true, limits: { workers: 1 } });
    const found: SqlValue[][][] = [];
    for (const statement of statements) found.push((await lake.engine.query(statement)).rows);
    return found;
  } finally {
    await lake.close();
    rmSync(folder, { recursive: true });
  }
}

/** By file: what is so, a statement, and its rows. */
const RIGHT: Record<string, [what: string, statement: string, rows: SqlValue[][]][]> = {
  'suppressed-tenant-list.json': [
    [
      'it was not tried: no bounce, none for the reputation',
      'select sent, hard_bounces, suppressed_bounces, reputation_sent, reputation_hard_bounces, reputation_bounce_rate from deliverability_daily',
      [[1, 0, 1, 0, 0, null]],
    ],
    [
      'its words are those of the list, not of a mailbox that does not exist',
      "select bounce_category, strpos(meaning, 'tenant') > 0, bounces, suppressed, bounce_share from bounce_diagnostics",
      [['suppressed', true, 0, 1, null]],
    ],
    [
      'in no volume it is a bounce',
      "select event_type, event_name, events from event_volume_daily where event_type in ('hard_bounce', 'suppressed') and events > 0",
      [['suppressed', 'Suppressed', 1]],
    ],
    [
      'it is on a list, and not a bad address',
      'select recipient_key, suppression_reason, hard_bounces from suppression_candidates',
      [['ann@example.org', 'suppressed', 0]],
    ],
    [
      'the timeline says that it was never sent',
      "select event_name, description from message_timeline where event_type = 'hard_bounce'",
      [['Suppressed', 'Never sent: a suppression list stopped it (OnTenantSuppressionList)']],
    ],
  ],
  'complaint-suppressed.json': [
    [
      'nobody complained',
      'select sent, complaints, feedback_complaints, suppressed_bounces, reputation_sent, delivered from deliverability_daily',
      [[1, 0, 0, 1, 0, 0]],
    ],
    ['the mail was suppressed', 'select last_status, complained_at from recipient_messages', [['suppressed', null]]],
    ['no day has a complaint', 'select complaints, suppressed_complaints from complaints_daily', [[0, 1]]],
    [
      'the timeline knows no spam',
      "select event_name, description from message_timeline where event_type = 'complaint'",
      [['Suppressed', 'Never sent: a suppression list stopped it (OnAccountSuppressionList)']],
    ],
  ],
  'delivery-not-published.json': [
    [
      'the delivery rate is unknown, and what was done proves the delivery',
      'select delivery_rate, delivered, delivered_inferred, unique_opens, unique_clicks, complaints, unsubscribe_rate from deliverability_daily',
      [[null, 1, 1, 1, 1, 1, null]],
    ],
    [
      'the mail is delivered by inference',
      'select is_delivered, is_delivered_inferred, is_delivery_observed, is_volume_observed from message_outcomes',
      [[true, true, false, true]],
    ],
  ],
  'noemail-other-codes.ndjson': [
    [
      'each address is bad, whatever the code says',
      "select count(*) from suppression_candidates where suppression_reason = 'hard_bounce'",
      [[7]],
    ],
    ['in one category', 'select distinct bounce_category from bounce_diagnostics', [['bad_address']]],
  ],
  'apple-reader.ndjson': [
    [
      'nobody knows whether the person reads',
      'select engagement_status, opened, hidden_opened from recipient_engagement',
      [['unknown', 12, 12]],
    ],
    [
      'and no rate of people is told where all opens are hidden',
      'select unique_opens, human_open_rate, hidden_opens from deliverability_by_campaign union all select sum(unique_opens), max(human_open_rate), sum(hidden_opens) from deliverability_by_mailbox_provider',
      [[12, null, 12]],
    ],
  ],
  'mixed-tracking.ndjson.gz': [
    [
      'opens are judged over the mail that is tracked',
      'select sent, delivered, trackable_delivered, open_trackable, unique_human_opens, human_open_rate, unique_click_rate from deliverability_daily',
      [[1000, 1000, 100, 100, 50, 0.5, null]],
    ],
    [
      'and are unknown for the rest',
      'select configuration_set, human_open_rate from deliverability_by_sending_domain order by 1',
      [
        ['marketing', 0.5],
        ['receipts', null],
      ],
    ],
  ],
  'rejected-is-not-sent.ndjson': [
    [
      'the last mail that was sent is the one that was delivered',
      'select cast(first_sent_at as varchar), cast(last_sent_at as varchar), sent from recipient_engagement',
      [['2026-10-01 10:00:00', '2026-10-01 10:00:00', 1]],
    ],
  ],
  'gmail-prefetch.ndjson': [
    [
      'the prefetch is a machine’s',
      "select machine_reason, is_machine from email_events where event_type = 'open'",
      [['gmail_prefetch', true]],
    ],
    ['nobody opened', 'select unique_opens, unique_human_opens from deliverability_daily', [[1, 0]]],
    ['no client is told', 'select sum(human_opens) from client_usage_daily', [[0]]],
  ],
  'out-of-office.ndjson.gz': [
    [
      'automatic replies are soft bounces of mail that was delivered',
      'select delivery_rate, soft_bounce_rate, soft_never_delivered_rate from deliverability_daily',
      [[1, 0.08, 0]],
    ],
  ],
  'ses-bot-verdict.json': [
    [
      'what the service calls a bot is one',
      "select distinct machine_reason, is_machine, bot_verdict from email_events where event_type in ('open', 'click')",
      [['ses_bot_verdict', true, 'Likely']],
    ],
    [
      'and opened and clicked for nobody',
      'select unique_opens, unique_human_opens, unique_clicks, unique_human_clicks from deliverability_daily',
      [[1, 0, 1, 0]],
    ],
  ],
};

describe.each(Object.entries(RIGHT))('%s', (file, claims) => {
  test(claims.map(([what]) => what).join('; '), async () => {
    const found = await answers(file, ...claims.map(([, statement]) => statement));
    expect(claims.map(([what], at) => ({ what, rows: found[at] }))).toEqual(
      claims.map(([what, , rows]) => ({ what, rows })),
    );
  });
});
