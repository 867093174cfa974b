/** The true numbers of the views by event day, counted while the data is generated. */
import { dateOf, eventType } from '../records/event-words.ts';
import { HONEST_BOT, PRIVACY_PROXY } from '../sender/agents.ts';
import type { Click, Happening, Mail, Open } from '../sender/mail.ts';
import { Tally } from './counter.ts';
import { isStopped } from './facts.ts';

/** User agents that are a machine's. Scanners that use a browser's agent are found by timing, in cohort views only. */
const MACHINES: ReadonlySet<string> = new Set([PRIVACY_PROXY, HONEST_BOT]);

/** What the event-day views must say; simulator addresses are left out but where said. */
export type DayTruth = ReturnType<DayLedger['lists']>;

/** Counts rows of events by day while the data are made. Days are UTC, 1970-01-01 for absurd times. */
export class DayLedger {
  private readonly volumes = new Tally(['event_date', 'source', 'event_type'], ['events', 'simulator_events']);
  private readonly delays = new Tally(['event_date', 'delay_type', 'mailbox_provider'], ['delays']);
  private readonly complaints = new Tally(
    ['event_date', 'mailbox_provider', 'campaign_id'],
    ['complaint_events', 'complaints'],
  );
  private readonly unsubscribes = new Tally(
    ['event_date', 'campaign_id', 'unsubscribe_method'],
    ['unsubscribe_events', 'unsubscribes'],
  );
  private readonly links = new Tally(['event_date', 'campaign_id', 'link'], ['clicks', 'human_clicks']);
  private readonly opens = new Tally(['event_date'], ['opens', 'human_opens']);
  /** by UTC, Monday is 1 */
  private readonly hours = new Tally(
    ['day_of_week', 'hour_of_day'],
    ['opens', 'human_opens', 'clicks', 'human_clicks'],
  );

  /** One message with all that happens to it. */
  life(mail: Mail, happenings: readonly Happening[]): void {
    // A recipient-message counts once in each line.
    const seen = new Set<string>();
    for (const happening of happenings)
      for (const position of happening.who ?? [null]) this.row(mail, happening, position, seen);
  }

  /** Each list in order of its dimensions. */
  lists() {
    return {
      volumes: this.volumes.lines(),
      delays: this.delays.lines(),
      complaints: this.complaints.lines(),
      unsubscribes: this.unsubscribes.lines(),
      links: this.links.lines(),
      opens: this.opens.lines(),
      hours: this.hours.lines(),
    };
  }

  private row(mail: Mail, happening: Happening, position: number | null, seen: Set<string>): void {
    const recipient = position === null ? undefined : mail.recipients[position];
    const isSimulator = recipient?.isSimulator === true;
    const provider = recipient === undefined || recipient.key === '' ? null : recipient.provider;
    const day = dateOf(happening.at);
    const campaign = mail.mailing.campaignId;
    const counts = [Number(!isSimulator), Number(isSimulator)];
    const type = isStopped(happening) ? 'suppressed' : eventType(happening);
    this.volumes.add([day, mail.mailing.stream.source, type], counts);
    if (isSimulator) return;
    const first = (what: string): number => {
      const { size } = seen;
      return seen.add(`${what}\u0001${day}\u0001${position}`).size - size;
    };
    if (happening.type === 'delay') this.delays.add([day, happening.kind, provider], [1]);
    if (happening.type === 'complaint') this.complaints.add([day, provider, campaign], [1, first('complaint')]);
    const method = unsubscribeMethod(happening);
    if (method !== null) this.unsubscribes.add([day, campaign, method], [1, first(method)]);
    if (happening.type === 'open' || happening.type === 'click') this.engagement(day, campaign, happening);
  }

  private engagement(day: string, campaign: string | null, happening: Open | Click): void {
    const human = Number(!MACHINES.has(happening.agent));
    const at = new Date(happening.at);
    const hour = [at.getUTCDay() || 7, at.getUTCHours()];
    if (happening.type === 'open') {
      this.opens.add([day], [1, human]);
      this.hours.add(hour, [1, human, 0, 0]);
    } else {
      this.links.add([day, campaign, happening.link], [1, human]);
      this.hours.add(hour, [0, 0, 1, human]);
    }
  }
}

/** How it unsubscribes; null if it doesn't. */
function unsubscribeMethod(happening: Happening): 'link' | 'header' | null {
  if (happening.type === 'opt_out') return 'header';
  if (happening.type === 'unsubscribe') return 'link';
  return happening.type === 'click' && happening.isUnsubscribe ? 'link' : null;
}
