/** Which event types are published for generated mail, worked out without the lake's SQL. */
import { DAY_MS } from '#lake/days.ts';
import { dateOf } from '../records/event-words.ts';
import { startOfDay } from '../sender/calendar.ts';
import type { Happening, Mail } from '../sender/mail.ts';
import { PINPOINT_PROJECT } from '../sender/sender.ts';

const TYPES = ['send', 'delivered', 'open', 'click', 'unsubscribe', 'complaint'] as const;
type Type = (typeof TYPES)[number];
/** Which types are published for a mail. */
export type Published = Record<Type, boolean>;

/** Days up to and with the send day in which an event shows that its type is published. */
const DAYS = 28;

/**
 * Remembers of which configuration set (else identity, else project) which event types were seen on which day: what wasn't
 * seen in the four weeks up to a send day, nor of mail of that day, isn't published, and no rate says that it is zero.
 */
export class PublishedLedger {
  /** `<scope> <type> <event day>` and `<scope> <type> of <send day>` */
  private readonly seen = new Set<string>();

  /** @param isCounted whether the happening counts for one of the message's recipients */
  life(mail: Mail, happenings: readonly Happening[], isCounted: (happening: Happening) => boolean): void {
    const own = ownScope(mail);
    // Notifications know no configuration set: they are seen of the identity.
    for (const happening of happenings)
      for (const type of typesOf(happening)) {
        this.seen.add(`${own} ${type} ${dateOf(happening.at)}`);
        if (isCounted(happening)) this.seen.add(`${own} ${type} of ${dateOf(mail.sentAt)}`);
      }
  }

  of(mail: Mail): Published {
    const scopes = [ownScope(mail), ...(mail.mailing.stream.source === 'ses' ? [mail.mailing.sender.domain] : [])];
    return Object.fromEntries(TYPES.map((type) => [type, this.isPublished(scopes, type, mail.sentAt)])) as Published;
  }

  private isPublished([own = '', ...others]: readonly string[], type: Type, sentAt: number): boolean {
    if (this.seen.has(`${own} ${type} of ${dateOf(sentAt)}`)) return true;
    for (let back = 0; back < DAYS; back++) {
      const day = dateOf(startOfDay(sentAt) - back * DAY_MS);
      if ([own, ...others].some((scope) => this.seen.has(`${scope} ${type} ${day}`))) return true;
    }
    return false;
  }
}

function ownScope({ mailing }: Mail): string {
  if (mailing.stream.source === 'pinpoint') return mailing.configurationSet ?? PINPOINT_PROJECT;
  return mailing.stream.feed === 'notification'
    ? mailing.sender.domain
    : (mailing.configurationSet ?? mailing.sender.domain);
}

function typesOf(happening: Happening): readonly Type[] {
  switch (happening.type) {
    case 'click':
      return happening.isUnsubscribe ? ['click', 'unsubscribe'] : ['click'];
    case 'opt_out':
      return ['unsubscribe'];
    default: {
      const type = TYPES.find((one) => one === happening.type);
      return type === undefined ? [] : [type];
    }
  }
}
