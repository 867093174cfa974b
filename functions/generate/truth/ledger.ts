/** Counts, while data is generated, what every view must show; the result is the truth file. */
import type { EventType } from '#lake/vocabulary.ts';
import { dateOf, eventType } from '../records/event-words.ts';
import { headerCount } from '../records/ses.ts';
import { HONEST_BOT } from '../sender/agents.ts';
import type { Life } from '../sender/life.ts';
import type { Bounce, BounceKind, Happening, Mail } from '../sender/mail.ts';
import type { Incident } from '../sender/schedule.ts';
import { DayLedger, type DayTruth } from './days.ts';
import {
  addFacts,
  countsForCohort,
  FACT_COUNTS,
  type FactCounts,
  factsOf,
  noFacts,
  noParts,
  type Parts,
} from './facts.ts';
import { PeopleLedger, type PersonTruth } from './people.ts';
import { PublishedLedger } from './published.ts';
import { SenderLedger } from './senders.ts';

export interface EventCount {
  /** UTC, `YYYY-MM-DD`; 1970-01-01 for absurd times */
  event_date: string;
  /** null where the event names nobody */
  mailbox_provider: string | null;
  campaign_id: string | null;
  event_type: EventType;
  /** distinct event_ids */
  events: number;
}

export interface FactDimensions {
  send_date: string;
  mailbox_provider: string;
  from_domain: string | null;
  configuration_set: string | null;
  campaign_id: string | null;
  treatment_id: string | null;
  journey_id: string | null;
}
export type Fact = FactDimensions & FactCounts;

export interface LinkCount {
  campaign_id: string | null;
  link: string;
  /** click events; Pinpoint's unsubscribe events are none */
  clicks: number;
  /** those whose user agent is no machine's; rules on timing are in cohort views only */
  human_clicks: number;
  /** recipient-messages with such a click */
  unique_clicks: number;
  unique_human_clicks: number;
  /** clicks on an unsubscribe link of either source */
  unsubscribes: number;
}

export interface BounceCount {
  event_date: string;
  mailbox_provider: string | null;
  event_type: EventType;
  /** the source's word */
  bounce_type: string;
  bounce_sub_type: string;
  /** from `status`, else from the diagnostic; null if neither has it */
  enhanced_status: string | null;
  is_simulator: boolean;
  recipient_messages: number;
}

export interface Quality {
  /** accepted + duplicate + skipped + quarantined */
  records: number;
  /** records that are no repeats and were neither skipped nor quarantined */
  distinct: number;
  /** records that repeat an earlier one: `duplicate` within a unit, else dropped by settle */
  repeats: number;
  skipped: Record<string, number>;
  quarantined: Record<string, number>;
  /** distinct rows, so as they are after settling */
  rows: { events: number; headers: number; clicks: number };
}

/** A fault that was added to the data, and what is expected of it. */
export interface Fault {
  /** of test/README.md */
  row: number;
  /** the raw object */
  key: string;
  /** `rows`, `repeats`, `skipped <type>`, `Q <reason>`, or `nothing` */
  expect: string;
  /** how many records */
  n: number;
}

/** What the views must say, counted while the data were made and by no code of the pipeline. */
export interface Truth {
  seed: number;
  messages: number;
  first_day: string;
  last_day: string;
  objects: number;
  /** null if it was left out */
  incident: Incident | null;
  headline: FactCounts & { events: number };
  quality: Quality;
  events: EventCount[];
  facts: Fact[];
  links: LinkCount[];
  bounces: BounceCount[];
  days: DayTruth;
  /** by send date and From domain; messages with other headers than the usual ones (fault 27) are counted apart */
  senders: ReturnType<SenderLedger['lines']>;
  /** null unless asked for */
  people: PersonTruth[] | null;
  faults: Fault[];
}

const BOUNCE_TYPE: Record<BounceKind, string> = { hard: 'Permanent', soft: 'Transient', undetermined: 'Undetermined' };

/** Counts while the data are made. */
export class Ledger {
  readonly quality: Quality = {
    records: 0,
    distinct: 0,
    repeats: 0,
    skipped: {},
    quarantined: {},
    rows: { events: 0, headers: 0, clicks: 0 },
  };
  readonly faults: Fault[] = [];
  readonly headline = { ...noFacts(), events: 0 };
  private readonly events = new Map<string, EventCount>();
  /** by fact, and by what its mail is published as */
  private readonly parts = new Map<string, { fact: FactDimensions; mail: Mail; parts: Parts }>();
  private readonly published = new PublishedLedger();
  private readonly links = new Map<string, LinkCount>();
  private readonly bounces = new Map<string, BounceCount>();
  private readonly days = new DayLedger();
  private readonly senders = new SenderLedger();
  private readonly people: PeopleLedger | null;

  /** @param isPersonal remembers each person's mail, which takes memory */
  constructor(isPersonal = false) {
    this.people = isPersonal ? new PeopleLedger(this.published) : null;
  }

  /** One message with all that happens to it. @param headers how many its send event lists */
  life({ mail, happenings }: Life, headers = headerCount(mail)): void {
    for (const happening of happenings) {
      this.quality.records++;
      this.quality.distinct++;
      this.happening(mail, happening);
      if (happening.type === 'send') this.quality.rows.headers += headers;
    }
    this.link(mail, happenings);
    this.days.life(mail, happenings);
    this.published.life(mail, happenings, (one) => isOfSomeone(mail, one) && countsForCohort(mail, one));
    this.people?.life(mail, happenings);
    if (happenings.some(({ type }) => type === 'send')) this.senders.sent(mail, headers === headerCount(mail));
    mail.recipients.forEach((recipient, position) => {
      if (recipient.key !== '') addFacts(this.partsOf(mail, recipient.provider), mail, position, happenings);
    });
  }

  repeat(): void {
    this.quality.records++;
    this.quality.repeats++;
  }

  skipped(type: string): void {
    this.quality.records++;
    this.quality.skipped[type] = (this.quality.skipped[type] ?? 0) + 1;
  }

  quarantined(reason: string): void {
    this.quality.records++;
    this.quality.quarantined[reason] = (this.quality.quarantined[reason] ?? 0) + 1;
  }

  /** The lists of the truth, each in order of its dimensions. */
  lists(): Omit<Truth, 'seed' | 'messages' | 'first_day' | 'last_day' | 'objects' | 'incident'> {
    const facts = this.facts().filter((fact) => FACT_COUNTS.some((name) => fact[name] > 0));
    const headline = { ...noFacts(), events: this.headline.events };
    for (const fact of facts) for (const name of FACT_COUNTS) headline[name] += fact[name];
    return {
      headline,
      quality: this.quality,
      events: inOrder(this.events),
      facts,
      links: inOrder(this.links),
      bounces: inOrder(this.bounces),
      days: this.days.lists(),
      senders: this.senders.lines(),
      people: this.people?.lines() ?? null,
      faults: this.faults,
    };
  }

  private happening(mail: Mail, happening: Happening): void {
    const rows = happening.who ?? [null];
    const date = dateOf(happening.at);
    const type = eventType(happening);
    const campaign = mail.mailing.campaignId;
    for (const position of rows) {
      const recipient = position === null ? undefined : mail.recipients[position];
      const provider = recipient === undefined || recipient.key === '' ? null : recipient.provider;
      const key = `${date}\u0001${provider ?? '\u0002'}\u0001${type}\u0001${campaign ?? '\u0002'}`;
      const count = this.events.get(key);
      if (count !== undefined) count.events++;
      else
        this.events.set(key, {
          event_date: date,
          mailbox_provider: provider,
          campaign_id: campaign,
          event_type: type,
          events: 1,
        });
      this.quality.rows.events++;
      this.headline.events++;
      if (happening.type === 'click' || happening.type === 'unsubscribe') this.quality.rows.clicks++;
      if (happening.type === 'bounce') this.bounce(date, provider, type, happening, recipient?.isSimulator === true);
    }
  }

  private bounce(date: string, provider: string | null, type: EventType, bounce: Bounce, isSimulator: boolean): void {
    const key = `${date}\u0001${provider ?? '\u0002'}\u0001${type}\u0001${bounce.subType}\u0001${bounce.enhancedStatus}\u0001${isSimulator}`;
    const count = this.bounces.get(key);
    if (count !== undefined) count.recipient_messages++;
    else
      this.bounces.set(key, {
        event_date: date,
        mailbox_provider: provider,
        event_type: type,
        bounce_type: BOUNCE_TYPE[bounce.kind],
        bounce_sub_type: bounce.subType,
        enhanced_status: bounce.enhancedStatus,
        is_simulator: isSimulator,
        recipient_messages: 1,
      });
  }

  private partsOf(mail: Mail, provider: string): Parts {
    const { sender, configurationSet, campaignId, treatmentId, journeyId, stream } = mail.mailing;
    const fact: FactDimensions = {
      send_date: dateOf(mail.sentAt),
      mailbox_provider: provider,
      from_domain: sender.domain,
      configuration_set: configurationSet,
      campaign_id: campaignId,
      treatment_id: treatmentId,
      journey_id: journeyId,
    };
    const key = JSON.stringify([Object.values(fact), stream.source, stream.feed]);
    const known = this.parts.get(key);
    if (known !== undefined) return known.parts;
    const parts = noParts();
    this.parts.set(key, { fact, mail, parts });
    return parts;
  }

  /** In order of their dimensions. */
  private facts(): Fact[] {
    const facts = new Map<string, Fact>();
    for (const { fact, mail, parts } of this.parts.values()) {
      const key = JSON.stringify(Object.values(fact));
      const sum = facts.get(key) ?? { ...fact, ...noFacts() };
      facts.set(key, sum);
      const counts = factsOf(parts, this.published.of(mail));
      for (const name of FACT_COUNTS) sum[name] += counts[name];
    }
    return inOrder(facts);
  }

  private link(mail: Mail, happenings: readonly Happening[]): void {
    if (!happenings.some((happening) => 'link' in happening)) return;
    const seen = new Set<string>();
    const seenByPerson = new Set<string>();
    for (const happening of happenings) {
      if (happening.type !== 'click' && happening.type !== 'unsubscribe') continue;
      const campaign = mail.mailing.campaignId;
      const key = `${campaign ?? '\u0002'}\u0001${happening.link}`;
      const count = this.links.get(key) ?? noClicks(campaign, happening.link);
      this.links.set(key, count);
      if (happening.isUnsubscribe) count.unsubscribes++;
      if (happening.type === 'unsubscribe') continue;
      count.clicks++;
      if (!seen.has(key)) count.unique_clicks++;
      seen.add(key);
      if (happening.agent === HONEST_BOT) continue;
      count.human_clicks++;
      if (!seenByPerson.has(key)) count.unique_human_clicks++;
      seenByPerson.add(key);
    }
  }
}

const isOfSomeone = (mail: Mail, { who }: Happening): boolean =>
  who?.some((position) => mail.recipients[position]?.key) === true;

const noClicks = (campaign: string | null, link: string): LinkCount => ({
  campaign_id: campaign,
  link,
  clicks: 0,
  human_clicks: 0,
  unique_clicks: 0,
  unique_human_clicks: 0,
  unsubscribes: 0,
});

const inOrder = <T>(map: ReadonlyMap<string, T>): T[] =>
  [...map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, value]) => value);
