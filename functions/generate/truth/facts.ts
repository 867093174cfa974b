/** The true counts of `deliverability_facts`, worked out from the generated mail and without the lake's SQL. */
import { DAY_MS } from '#lake/days.ts';
import { PRIVACY_PROXY } from '../sender/agents.ts';
import { startOfDay } from '../sender/calendar.ts';
import type { BounceKind, Happening, Mail } from '../sender/mail.ts';
import { PROVIDERS } from '../sender/providers.ts';
import type { Published } from './published.ts';

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
  'delivered_inferred',
  'volume_sent',
  'volume_hard_bounces',
  'volume_soft_bounces',
  'volume_undetermined_bounces',
  'soft_never_delivered',
  'observed_sent',
  'observed_delivered',
  'open_trackable',
  'click_trackable',
  'hidden_opens',
  'unsubscribe_delivered',
  'delayed_delivered',
  'delayed_bounced',
  'simulator_messages',
] as const;
export type FactCounts = Record<(typeof FACT_COUNTS)[number], number>;

export const noFacts = (): FactCounts =>
  Object.fromEntries(FACT_COUNTS.map((name) => [name, 0])) as Record<(typeof FACT_COUNTS)[number], number>;

const FEEDBACK = new Set(PROVIDERS.filter((provider) => provider.hasFeedback).map((provider) => provider.name));

/** Events count for a mail until this many days after the midnight (UTC) that began its send day. */
const ATTRIBUTION_DAYS = 30;

/** An event may be up to a day before the sending, because clocks differ. */
export const countsForCohort = (mail: Mail, happening: Happening): boolean =>
  happening.at >= mail.sentAt - DAY_MS && happening.at < startOfDay(mail.sentAt) + ATTRIBUTION_DAYS * DAY_MS;

/**
 * What mail of one scope and send day came to, before it is known which event types are published: that may show later.
 * Each is a number of recipient-messages but for the totals.
 */
const PARTS = [
  ...['sent', 'unseen_sends', 'stopped', 'sent_out', 'hard', 'soft', 'undetermined', 'soft_undelivered'],
  ...['complained', 'rejected', 'unrendered', 'delayed', 'unsubscribed', 'simulated'],
  ...['delayed_delivered', 'delayed_bounced'],
  // As far as is proved, and taking for delivered what was sent and didn't bounce.
  ...['delivered', 'inferred', 'presumed', 'told_delivered', 'told_presumed', 'told_complaints'],
  ...['single_delivered', 'single_presumed', 'opened', 'opened_by_people', 'opens', 'opens_by_people'],
  ...['clicked', 'clicked_by_people', 'clicks', 'clicks_by_people', 'hidden'],
] as const;
export type Parts = Record<string, number>;

export const noParts = (): Parts => Object.fromEntries(PARTS.map((name) => [name, 0]));

/** The counts that the views must show of it, now that it is known what is published. */
export function factsOf(parts: Parts, published: Published): FactCounts {
  const n = (name: string): number => {
    const count = parts[name];
    if (count === undefined) throw new RangeError(`no such part: ${name}`);
    return count;
  };
  const when = (condition: boolean, name: string): number => (condition ? n(name) : 0);
  const hasVolume = published.send || published.delivered;
  const hasDeliveries = published.delivered;
  const canTell = hasVolume && (hasDeliveries || published.complaint);
  const isTracked = published.open || published.click;
  const presumed = hasDeliveries ? 'delivered' : 'presumed';
  return {
    sent: n('sent'),
    sends_without_event: n('unseen_sends'),
    delivered: n('delivered'),
    hard_bounces: n('hard'),
    soft_bounces: n('soft'),
    undetermined_bounces: n('undetermined'),
    suppressed_bounces: n('stopped'),
    reputation_sent: when(hasVolume, 'sent_out'),
    reputation_hard_bounces: when(hasVolume, 'hard'),
    complaints: n('complained'),
    feedback_delivered: when(canTell, `told_${presumed}`),
    feedback_complaints: when(canTell, 'told_complaints'),
    rejected: n('rejected'),
    rendering_failures: n('unrendered'),
    delayed: n('delayed'),
    trackable_delivered: when(isTracked, 'single_delivered'),
    unique_opens: when(isTracked, 'opened'),
    unique_human_opens: when(isTracked, 'opened_by_people'),
    total_opens: when(isTracked, 'opens'),
    total_human_opens: when(isTracked, 'opens_by_people'),
    unique_clicks: when(isTracked, 'clicked'),
    unique_human_clicks: when(isTracked, 'clicked_by_people'),
    total_clicks: when(isTracked, 'clicks'),
    total_human_clicks: when(isTracked, 'clicks_by_people'),
    unsubscribes: n('unsubscribed'),
    delivered_inferred: n('inferred'),
    volume_sent: when(hasVolume, 'sent'),
    volume_hard_bounces: when(hasVolume, 'hard'),
    volume_soft_bounces: when(hasVolume, 'soft'),
    volume_undetermined_bounces: when(hasVolume, 'undetermined'),
    soft_never_delivered: when(hasVolume, 'soft_undelivered'),
    observed_sent: when(hasDeliveries, 'sent'),
    observed_delivered: when(hasDeliveries, 'delivered'),
    open_trackable: when(hasVolume && published.open, `single_${presumed}`),
    click_trackable: when(hasVolume && published.click, `single_${presumed}`),
    hidden_opens: when(isTracked, 'hidden'),
    unsubscribe_delivered: when(hasVolume && published.unsubscribe, presumed),
    delayed_delivered: n('delayed_delivered'),
    delayed_bounced: n('delayed_bounced'),
    simulator_messages: n('simulated'),
  };
}

/** What became of one recipient of a message. */
interface Outcome {
  types: Set<Happening['type']>;
  /** the gravest; none where no attempt was made */
  bounce: BounceKind | null;
  isSuppressed: boolean;
  isUnsubscribed: boolean;
  opens: number;
  humanOpens: number;
  hiddenOpens: number;
  clicks: number;
  humanClicks: number;
}

const GRAVITY: readonly (BounceKind | null)[] = [null, 'soft', 'undetermined', 'hard'];

/** Sub-types of which AWS and senders say that no attempt was made (sql/seeds/bounce_sub_types.csv). */
const NOT_TRIED: ReadonlySet<string> = new Set([
  'OnAccountSuppressionList',
  'OnTenantSuppressionList',
  'UnsubscribedRecipient',
  'EmailValidationSuppressed',
]);

/** A bounce about mail that was never sent out. */
export const isStopped = (happening: Happening): boolean =>
  happening.type === 'bounce' && NOT_TRIED.has(happening.subType);

/** Adds what one recipient of a message makes of the parts; nothing if no event within the window names the recipient. */
export function addFacts(parts: Parts, mail: Mail, position: number, happenings: readonly Happening[]): void {
  const outcome = outcomeOf(mail, position, happenings);
  const recipient = mail.recipients[position];
  if (outcome.types.size === 0 || recipient === undefined) return;
  const add = (counts: Readonly<Record<string, number | boolean>>): void => {
    for (const [name, count] of Object.entries(counts)) parts[name] = (parts[name] ?? 0) + Number(count);
  };
  if (recipient.isSimulator) {
    add({ simulated: 1 });
    return;
  }
  const { types, bounce, isSuppressed, isUnsubscribed, opens, humanOpens, hiddenOpens, clicks, humanClicks } = outcome;
  const isSent = [...types].some((type) => type !== 'rejected' && type !== 'rendering_failure');
  const hasReacted = isUnsubscribed || opens > 0 || clicks > 0 || types.has('complaint');
  const isDelivered = (types.has('delivered') || hasReacted) && bounce !== 'hard' && !isSuppressed;
  const isPresumed = isDelivered || (isSent && bounce === null && !isSuppressed);
  const isTold = FEEDBACK.has(recipient.provider);
  const isSingle = mail.recipients.length === 1;
  add({
    sent: isSent,
    unseen_sends: isSent && !types.has('send'),
    stopped: isSuppressed,
    sent_out: isSent && !isSuppressed,
    hard: bounce === 'hard',
    soft: bounce === 'soft',
    undetermined: bounce === 'undetermined',
    soft_undelivered: bounce === 'soft' && !isDelivered,
    complained: types.has('complaint'),
    rejected: types.has('rejected'),
    unrendered: types.has('rendering_failure'),
    delayed: types.has('delay'),
    delayed_delivered: types.has('delay') && isDelivered,
    delayed_bounced: types.has('delay') && bounce !== null && !isDelivered,
    unsubscribed: isUnsubscribed,
    delivered: isDelivered,
    inferred: isDelivered && !types.has('delivered'),
    presumed: isPresumed,
    told_delivered: isDelivered && isTold,
    told_presumed: isPresumed && isTold,
    told_complaints: isDelivered && isTold && types.has('complaint'),
    single_delivered: isDelivered && isSingle,
    single_presumed: isPresumed && isSingle,
  });
  if (!isDelivered || !isSingle) return;
  add({
    opened: opens > 0,
    opened_by_people: humanOpens > 0,
    opens,
    opens_by_people: humanOpens,
    clicked: clicks > 0,
    clicked_by_people: humanClicks > 0,
    clicks,
    clicks_by_people: humanClicks,
    hidden: hiddenOpens > 0 && humanOpens === 0,
  });
}

function outcomeOf(mail: Mail, position: number, happenings: readonly Happening[]): Outcome {
  const outcome: Outcome = {
    types: new Set(),
    bounce: null,
    isSuppressed: false,
    isUnsubscribed: false,
    opens: 0,
    humanOpens: 0,
    hiddenOpens: 0,
    clicks: 0,
    humanClicks: 0,
  };
  const own = happenings.filter((one) => one.who?.includes(position) && countsForCohort(mail, one));
  const swept = sweptClicks(own);
  for (const happening of own) {
    // coming back is no proof of sending, nor anything else that is counted here
    if (happening.type === 'opt_in') continue;
    outcome.types.add(happening.type);
    if (isStopped(happening)) outcome.isSuppressed = true;
    else if (happening.type === 'bounce') {
      if (GRAVITY.indexOf(happening.kind) > GRAVITY.indexOf(outcome.bounce)) outcome.bounce = happening.kind;
    } else if (happening.type === 'open') {
      outcome.opens++;
      outcome.humanOpens += Number(happening.isHuman);
      outcome.hiddenOpens += Number(happening.agent === PRIVACY_PROXY);
    } else if (happening.type === 'click') {
      outcome.clicks++;
      outcome.humanClicks += Number(happening.isHuman && !swept.has(happening));
      if (happening.isUnsubscribe) outcome.isUnsubscribed = true;
    } else if (happening.type === 'unsubscribe' || happening.type === 'opt_out') outcome.isUnsubscribed = true;
  }
  return outcome;
}

/** No person follows three links and unsubscribes, too, within this time. */
const SWEEP = 5 * 60_000;

/** Clicks of one mail that are a scanner's, as it followed at least three links within minutes, that to unsubscribe too. */
export function sweptClicks(own: readonly Happening[]): ReadonlySet<Happening> {
  const clicks = own.flatMap((one) => (one.type === 'click' || one.type === 'unsubscribe' ? [one] : []));
  const swept = new Set<Happening>();
  for (const last of clicks) {
    const within = clicks.filter(({ at }) => at <= last.at && last.at - at <= SWEEP);
    const links = new Set(within.map(({ link }) => link));
    if (links.size < 3 || !within.some((one) => one.isUnsubscribe || /unsubscri/i.test(one.link))) continue;
    for (const click of within) swept.add(click);
  }
  return swept;
}
