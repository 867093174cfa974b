import { DAY_MS } from '#lake/days.ts';
import { startOfDay } from '../sender/calendar.ts';
import type { BounceKind, Happening, Mail } from '../sender/mail.ts';
import { PROVIDERS } from '../sender/providers.ts';

/** The additive counts of `deliverability_facts`, each of recipient-messages unless its name says total. */
export const FACT_COUNTS = [
  'sent',
  'sends_without_event',
  'delivered',
  'hard_bounces',
  'soft_bounces',
  'undetermined_bounces',
  'suppressed_bounces',
  'reputation_sent',
  'reputation_hard_bounces',
  'complaints',
  'feedback_delivered',
  'feedback_complaints',
  'rejected',
  'rendering_failures',
  'delayed',
  'trackable_delivered',
  'unique_opens',
  'unique_human_opens',
  'total_opens',
  'total_human_opens',
  'unique_clicks',
  'unique_human_clicks',
  'total_clicks',
  'total_human_clicks',
  'unsubscribes',
  'simulator_messages',
] as const;
export type FactCounts = Record<(typeof FACT_COUNTS)[number], number>;

export const noFacts = (): FactCounts => ({
  sent: 0,
  sends_without_event: 0,
  delivered: 0,
  hard_bounces: 0,
  soft_bounces: 0,
  undetermined_bounces: 0,
  suppressed_bounces: 0,
  reputation_sent: 0,
  reputation_hard_bounces: 0,
  complaints: 0,
  feedback_delivered: 0,
  feedback_complaints: 0,
  rejected: 0,
  rendering_failures: 0,
  delayed: 0,
  trackable_delivered: 0,
  unique_opens: 0,
  unique_human_opens: 0,
  total_opens: 0,
  total_human_opens: 0,
  unique_clicks: 0,
  unique_human_clicks: 0,
  total_clicks: 0,
  total_human_clicks: 0,
  unsubscribes: 0,
  simulator_messages: 0,
});

const FEEDBACK = new Set(PROVIDERS.filter((provider) => provider.hasFeedback).map((provider) => provider.name));

/** Events count for a mail until this many days after the midnight (UTC) that began its send day. */
const ATTRIBUTION_DAYS = 30;

/** A day before the sending is borne with: clocks differ. */
export const countsForCohort = (mail: Mail, happening: Happening): boolean =>
  happening.at >= mail.sentAt - DAY_MS && happening.at < startOfDay(mail.sentAt) + ATTRIBUTION_DAYS * DAY_MS;

/** What became of one recipient of a message. */
interface Outcome {
  types: Set<Happening['type']>;
  /** the gravest */
  bounce: BounceKind | null;
  isSuppressed: boolean;
  isUnsubscribed: boolean;
  opens: number;
  humanOpens: number;
  clicks: number;
  humanClicks: number;
}

const GRAVITY: readonly (BounceKind | null)[] = [null, 'soft', 'undetermined', 'hard'];

/** Adds what one recipient of a message makes of the counts; nothing if no event within the window names the recipient. */
export function addFacts(counts: FactCounts, mail: Mail, position: number, happenings: readonly Happening[]): void {
  const outcome = outcomeOf(mail, position, happenings);
  const recipient = mail.recipients[position];
  if (outcome.types.size === 0 || recipient === undefined) return;
  if (recipient.isSimulator) {
    counts.simulator_messages++;
    return;
  }
  const { types, bounce, isSuppressed } = outcome;
  const isSent = [...types].some((type) => type !== 'rejected' && type !== 'rendering_failure');
  const isDelivered = types.has('delivered') && bounce !== 'hard';
  const hasFeedback = FEEDBACK.has(recipient.provider);
  counts.sent += Number(isSent);
  counts.sends_without_event += Number(isSent && !types.has('send'));
  counts.delivered += Number(isDelivered);
  counts.hard_bounces += Number(bounce === 'hard');
  counts.soft_bounces += Number(bounce === 'soft');
  counts.undetermined_bounces += Number(bounce === 'undetermined');
  counts.suppressed_bounces += Number(isSuppressed);
  counts.reputation_sent += Number(isSent && !isSuppressed);
  counts.reputation_hard_bounces += Number(bounce === 'hard' && !isSuppressed);
  counts.complaints += Number(types.has('complaint'));
  counts.feedback_delivered += Number(isDelivered && hasFeedback);
  counts.feedback_complaints += Number(types.has('complaint') && hasFeedback);
  counts.rejected += Number(types.has('rejected'));
  counts.rendering_failures += Number(types.has('rendering_failure'));
  counts.delayed += Number(types.has('delay'));
  counts.unsubscribes += Number(outcome.isUnsubscribed);
  if (isDelivered && mail.recipients.length === 1) addEngagement(counts, outcome);
}

function addEngagement(counts: FactCounts, outcome: Outcome): void {
  counts.trackable_delivered++;
  counts.unique_opens += Number(outcome.opens > 0);
  counts.unique_human_opens += Number(outcome.humanOpens > 0);
  counts.total_opens += outcome.opens;
  counts.total_human_opens += outcome.humanOpens;
  counts.unique_clicks += Number(outcome.clicks > 0);
  counts.unique_human_clicks += Number(outcome.humanClicks > 0);
  counts.total_clicks += outcome.clicks;
  counts.total_human_clicks += outcome.humanClicks;
}

function outcomeOf(mail: Mail, position: number, happenings: readonly Happening[]): Outcome {
  const outcome: Outcome = {
    types: new Set(),
    bounce: null,
    isSuppressed: false,
    isUnsubscribed: false,
    opens: 0,
    humanOpens: 0,
    clicks: 0,
    humanClicks: 0,
  };
  for (const happening of happenings) {
    if (!happening.who?.includes(position) || !countsForCohort(mail, happening)) continue;
    // coming back is no proof of sending, nor anything else that is counted here
    if (happening.type === 'opt_in') continue;
    outcome.types.add(happening.type);
    if (happening.type === 'bounce') {
      if (GRAVITY.indexOf(happening.kind) > GRAVITY.indexOf(outcome.bounce)) outcome.bounce = happening.kind;
      if (happening.kind === 'hard' && happening.subType === 'OnAccountSuppressionList') outcome.isSuppressed = true;
    } else if (happening.type === 'open') {
      outcome.opens++;
      outcome.humanOpens += Number(happening.isHuman);
    } else if (happening.type === 'click') {
      outcome.clicks++;
      outcome.humanClicks += Number(happening.isHuman);
      if (happening.isUnsubscribe) outcome.isUnsubscribed = true;
    } else if (happening.type === 'unsubscribe' || happening.type === 'opt_out') outcome.isUnsubscribed = true;
  }
  return outcome;
}
