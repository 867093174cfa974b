/** The true numbers of the views with one row a person. */
import { DAY_MS } from '#lake/days.ts';
import { HONEST_BOT, PRIVACY_PROXY } from '../sender/agents.ts';
import type { BounceKind, Happening, Mail } from '../sender/mail.ts';
import { countsForCohort, isStopped, sweptClicks } from './facts.ts';
import type { PublishedLedger } from './published.ts';

/** What recipient_engagement must say of a person; instants are epoch ms. */
export interface PersonTruth {
  recipient_key: string;
  mailbox_provider: string;
  sent: number;
  delivered: number;
  trackable_delivered: number;
  opened: number;
  human_opened: number;
  clicked: number;
  human_clicked: number;
  first_sent_at: number | null;
  last_sent_at: number | null;
  last_delivered_at: number | null;
  last_opened_at: number | null;
  last_human_opened_at: number | null;
  last_clicked_at: number | null;
  last_human_clicked_at: number | null;
  delivered_since_engaged: number;
  engagement: 'engaged' | 'unknown' | 'never' | 'never_delivered' | null;
  hidden_opened: number;
  /** what suppression_candidates must say; null: nothing speaks against them */
  suppression: SuppressionTruth | null;
}

export interface SuppressionTruth {
  suppression_reason: string;
  /** epoch ms */
  since: number;
  sends_since: number;
  complaints: number;
  hard_bounces: number;
  suppressed_bounces: number;
  unsubscribes: number;
  soft_bounces_in_row: number;
}

/** One message's life for one person. */
interface PersonMail {
  mail: Mail;
  sentAt: number;
  isOnly: boolean;
  isSent: boolean;
  isDelivered: boolean;
  deliveredAt: number | null;
  /** the gravest, and of these the first */
  bounce: { kind: BounceKind; at: number; subType: string; status: string | null } | null;
  stoppedAt: number | null;
  complainedAt: number | null;
  /** by whom no machine is known to be */
  unsubscribedAt: number | null;
  opens: number[];
  humanOpens: number[];
  hiddenOpens: number[];
  clicks: number[];
  humanClicks: number[];
}

/** The service's own list: no attempt, and a bounce all the same. */
const LISTED = 'Suppressed';
/** Seed settings, suppress_soft_bounces and suppress_soft_bounce_days. */
const SOFT_BOUNCES = 5;
const SOFT_BOUNCE_DAYS = 14;

/** Remembers each person's mail while the data are made: takes memory, so only on request. Simulator addresses are left out. */
export class PeopleLedger {
  private readonly people = new Map<string, { provider: string; mails: PersonMail[] }>();
  private readonly published: PublishedLedger;

  constructor(published: PublishedLedger) {
    this.published = published;
  }

  life(mail: Mail, happenings: readonly Happening[]): void {
    mail.recipients.forEach(({ key, provider, isSimulator }, position) => {
      if (key === '' || isSimulator) return;
      const own = happenings.filter((one) => one.who?.includes(position) === true && countsForCohort(mail, one));
      if (own.length === 0) return;
      const person = this.people.get(key) ?? { provider, mails: [] };
      this.people.set(key, person);
      person.mails.push(personMail(mail, own));
    });
  }

  /** In order of their addresses. */
  lines(): PersonTruth[] {
    return [...this.people]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, { provider, mails }]) => truthOf(key, provider, mails, this.published));
  }
}

function personMail(mail: Mail, own: readonly Happening[]): PersonMail {
  const times = (wanted: (one: Happening) => boolean): number[] =>
    own
      .filter(wanted)
      .map(({ at }) => at)
      .sort((a, b) => a - b);
  const [deliveredAt = null] = times(({ type }) => type === 'delivered');
  const [complainedAt = null] = times(({ type }) => type === 'complaint');
  const swept = sweptClicks(own);
  const isMachine = (one: Happening): boolean =>
    swept.has(one) || ((one.type === 'click' || one.type === 'unsubscribe') && one.agent === HONEST_BOT);
  const [unsubscribedAt = null] = times(
    (one) =>
      (one.type === 'unsubscribe' || one.type === 'opt_out' || (one.type === 'click' && one.isUnsubscribe)) &&
      !isMachine(one),
  );
  const leftAt = times(
    (one) => one.type === 'unsubscribe' || one.type === 'opt_out' || (one.type === 'click' && one.isUnsubscribe),
  );
  const [stoppedAt = null] = times(isStopped);
  const proofs = times((one) => one.type === 'open' || one.type === 'click' || one.type === 'complaint').concat(leftAt);
  const provedAt = deliveredAt ?? (proofs.length > 0 ? Math.min(...proofs) : null);
  const bounce = gravest(own);
  return {
    mail,
    sentAt: mail.sentAt,
    isOnly: mail.recipients.length === 1,
    isSent: own.some(({ type }) => type !== 'rejected' && type !== 'rendering_failure' && type !== 'opt_in'),
    isDelivered: provedAt !== null && bounce?.kind !== 'hard' && stoppedAt === null,
    deliveredAt: provedAt,
    stoppedAt,
    bounce,
    complainedAt,
    unsubscribedAt,
    opens: times(({ type }) => type === 'open'),
    humanOpens: times((one) => one.type === 'open' && one.isHuman),
    hiddenOpens: times((one) => one.type === 'open' && one.agent === PRIVACY_PROXY),
    clicks: times(({ type }) => type === 'click'),
    humanClicks: times((one) => one.type === 'click' && one.isHuman && !swept.has(one)),
  };
}

function gravest(own: readonly Happening[]): PersonMail['bounce'] {
  for (const kind of ['hard', 'undetermined', 'soft'] as const) {
    let first: PersonMail['bounce'] = null;
    for (const one of own)
      if (one.type === 'bounce' && !isStopped(one) && one.kind === kind && (first === null || one.at < first.at))
        first = { kind, at: one.at, subType: one.subType, status: one.enhancedStatus };
    if (first !== null) return first;
  }
  return null;
}

function truthOf(
  recipient_key: string,
  mailbox_provider: string,
  mails: readonly PersonMail[],
  published: PublishedLedger,
): PersonTruth {
  const seen = mails.filter(({ mail, isDelivered, isOnly }) => {
    const { open, click } = published.of(mail);
    return isDelivered && isOnly && (open || click);
  });
  const sent = mails.filter((mail) => mail.isSent);
  const delivered = mails.filter((mail) => mail.isDelivered);
  const engaged = latest(
    mails.filter((mail) => mail.humanOpens.length > 0 || mail.humanClicks.length > 0),
    'sentAt',
  );
  const since = seen.filter((mail) => engaged === null || mail.sentAt > engaged);
  return {
    recipient_key,
    mailbox_provider,
    sent: sent.length,
    delivered: delivered.length,
    trackable_delivered: seen.length,
    opened: seen.filter((mail) => mail.opens.length > 0).length,
    human_opened: seen.filter((mail) => mail.humanOpens.length > 0).length,
    clicked: seen.filter((mail) => mail.clicks.length > 0).length,
    human_clicked: seen.filter((mail) => mail.humanClicks.length > 0).length,
    first_sent_at: sent.length > 0 ? Math.min(...sent.map((mail) => mail.sentAt)) : null,
    last_sent_at: latest(sent, 'sentAt'),
    last_delivered_at: latest(delivered, 'deliveredAt'),
    last_opened_at: last(mails.flatMap((mail) => mail.opens)),
    last_human_opened_at: last(mails.flatMap((mail) => mail.humanOpens.slice(0, 1))),
    last_clicked_at: last(mails.flatMap((mail) => mail.clicks)),
    last_human_clicked_at: last(mails.flatMap((mail) => mail.humanClicks.slice(0, 1))),
    delivered_since_engaged: since.length,
    engagement: since.some((mail) => mail.hiddenOpens.length > 0)
      ? 'unknown'
      : engaged !== null
        ? 'engaged'
        : seen.length > 0
          ? 'never'
          : delivered.length === 0
            ? 'never_delivered'
            : null,
    hidden_opened: seen.filter((mail) => mail.hiddenOpens.length > 0).length,
    suppression: suppressionOf(mails),
  };
}

function suppressionOf(mails: readonly PersonMail[]): SuppressionTruth | null {
  const delivered =
    latest(
      mails.filter((mail) => mail.isDelivered),
      'sentAt',
    ) ?? Number.NEGATIVE_INFINITY;
  const later = mails.filter((mail) => mail.sentAt > delivered);
  const complaints = mails.flatMap(({ complainedAt }) => complainedAt ?? []);
  const unsubscribes = mails.flatMap(({ unsubscribedAt }) => unsubscribedAt ?? []);
  const hard = later.flatMap(({ bounce }) => (bounce?.kind === 'hard' ? [bounce] : []));
  const stopped = [
    ...later.flatMap(({ stoppedAt }) => stoppedAt ?? []),
    ...hard.filter(({ subType }) => subType === LISTED).map(({ at }) => at),
  ];
  const bad = hard.filter(
    ({ subType, status }) => subType === 'NoEmail' || (subType !== LISTED && isAboutTheAddress(status)),
  );
  const soft = later.filter((mail) => mail.bounce?.kind === 'soft' && !mail.isDelivered).map((mail) => mail.sentAt);
  const first = (times: readonly number[]): number => Math.min(...times);
  const isSoft = soft.length >= SOFT_BOUNCES && Math.max(...soft) - first(soft) >= SOFT_BOUNCE_DAYS * DAY_MS;
  const [reason, since] =
    complaints.length > 0
      ? ['complaint', first(complaints)]
      : bad.length > 0
        ? ['hard_bounce', first(bad.map(({ at }) => at))]
        : stopped.length > 0
          ? ['suppressed', first(stopped)]
          : unsubscribes.length > 0
            ? ['unsubscribe', first(unsubscribes)]
            : isSoft
              ? ['soft_bounces', first(soft)]
              : [null, 0];
  if (reason === null) return null;
  const day = Math.floor(since / DAY_MS);
  return {
    suppression_reason: reason,
    since,
    sends_since: mails.filter((mail) => mail.isSent && Math.floor(mail.sentAt / DAY_MS) > day).length,
    complaints: complaints.length,
    hard_bounces: bad.length,
    suppressed_bounces: stopped.length,
    unsubscribes: unsubscribes.length,
    soft_bounces_in_row: soft.length,
  };
}

/** Of RFC 3463's subjects: none said, addressing but for the sender's, the mailbox but for sizes, and two of routing. */
function isAboutTheAddress(status: string | null): boolean {
  const [, subject, detail] = (status ?? '5.0.0').split('.').map(Number);
  if (subject === 1) return detail !== 7 && detail !== 8;
  if (subject === 2) return detail !== 3;
  if (subject === 4) return detail === 1 || detail === 4;
  return subject === 0;
}

const last = (times: readonly number[]): number | null => (times.length === 0 ? null : Math.max(...times));
const latest = (mails: readonly PersonMail[], time: 'sentAt' | 'deliveredAt'): number | null =>
  last(mails.flatMap((mail) => mail[time] ?? []));
