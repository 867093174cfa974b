/** Generates opens and clicks: of people, of privacy proxies and of security gateways. */
import { DAY_MS, HOUR_MS, MINUTE_MS } from '#lake/days.ts';
import {
  GOOGLE_PROXY,
  HONEST_BOT,
  homeAddress,
  PRIVACY_PROXY,
  personalAgent,
  SCANNER_BROWSER,
  YAHOO_PROXY,
} from './agents.ts';
import { localHour, SECOND } from './calendar.ts';
import type { Happening, Mail } from './mail.ts';
import type { Person } from './people.ts';
import type { Random } from './random.ts';

/** Nothing is opened or clicked later than this after delivery. */
const ATTENTION = 12 * DAY_MS;

/**
 * What a security gateway does before a person sees the mail: it follows every link at once, or the first within seconds,
 * or fetches the pictures early. Only its speed or its name tells it from a person.
 */
export function scannedByGateway(mail: Mail, deliveredAt: number, happenings: Happening[], random: Random): void {
  const ip = `198.51.100.${random.between(1, 40)}`;
  const { links } = mail.mailing;
  const way = random.unit();
  const agent = random.chance(0.3) ? HONEST_BOT : SCANNER_BROWSER;
  const click = (link: string, at: number): void => {
    happenings.push({
      type: 'click',
      at,
      who: [0],
      ip,
      agent,
      link,
      isUnsubscribe: false,
      isHuman: false,
    });
  };
  const open = (at: number, agent: string): void => {
    happenings.push({ type: 'open', at, who: [0], ip, agent, isHuman: false });
  };
  if (way < 0.35 && links.length >= 3) {
    const start = deliveredAt + 20 * SECOND + random.below(70 * SECOND);
    const pace = Math.floor(1500 / links.length);
    links.forEach((link, index) => {
      click(link, start + index * pace);
    });
  } else if (way < 0.7) {
    links.slice(0, 2).forEach((link, index) => {
      click(link, deliveredAt + 1500 + index * 900 + random.below(500));
    });
  } else if (way < 0.8) {
    open(deliveredAt - Math.min(250, Math.floor((deliveredAt - mail.sentAt) / 2)), SCANNER_BROWSER);
  } else if (way < 0.9) {
    open(deliveredAt + 8 * SECOND, HONEST_BOT);
  }
}

/** Opens, clicks and unsubscribes of a person, and what the person's mail program fetches on its own. */
export function readByPerson(
  mail: Mail,
  person: Person,
  deliveredAt: number,
  happenings: Happening[],
  random: Random,
): void {
  const { mailing } = mail;
  const ip = homeAddress(person.home);
  if (person.readsWithPrivacy && random.chance(0.92)) {
    const at = deliveredAt + 15 * SECOND + Math.min(random.wait(3 * HOUR_MS), DAY_MS);
    happenings.push({ type: 'open', at, who: [0], ip: '17.58.100.1', agent: PRIVACY_PROXY, isHuman: false });
  }
  const appeal = mailing.openRate * person.at.attention * (0.35 + 1.45 * person.interest);
  if (!random.chance(Math.min(0.95, appeal))) return;
  const opened = awake(deliveredAt + (person.isScanned ? 5 * MINUTE_MS : 40 * SECOND) + delay(mailing.purpose, random));
  if (opened > deliveredAt + ATTENTION) return;
  const lastOpen = person.readsWithPrivacy ? opened : opens(person, ip, opened, deliveredAt, happenings, random);
  if (mailing.links.length > 0 && random.chance(mailing.clickRate)) clicks(mail, ip, opened, happenings, random);
  if (mailing.unsubscribeLink !== null && random.chance(0.007))
    leave(mail, ip, lastOpen + 2 * MINUTE_MS, happenings, random);
}

/** Receipts are read at once, newsletters when there is time. */
function delay(purpose: Mail['mailing']['purpose'], random: Random): number {
  if (purpose === 'transactional') return random.wait(35 * MINUTE_MS);
  return random.chance(0.55) ? random.wait(100 * MINUTE_MS) : random.wait(20 * HOUR_MS);
}

/** Moves opens of the night to the next morning. */
function awake(at: number): number {
  const hour = localHour(at);
  return hour < 6 ? at + (6 - hour) * HOUR_MS + (at % (90 * MINUTE_MS)) : at;
}

/** Returns the time of the last one. */
function opens(
  person: Person,
  ip: string,
  first: number,
  deliveredAt: number,
  happenings: Happening[],
  random: Random,
): number {
  let at = first;
  const isProxied = person.at.proxy === 'google' || (person.at.proxy === 'yahoo' && random.chance(0.6));
  for (let again = 0; again < 5; again++) {
    const proxy = person.at.proxy === 'google' ? GOOGLE_PROXY : YAHOO_PROXY;
    const agent = isProxied ? proxy : personalAgent(random, at);
    happenings.push({ type: 'open', at, who: [0], ip, agent, isHuman: true });
    const next = at + 25 * SECOND + random.wait(9 * HOUR_MS);
    if (!random.chance(0.27) || next > deliveredAt + ATTENTION) break;
    at = next;
  }
  return at;
}

/** Clicks on one link, or a few of them seconds apart, as a person does. The first links of a mail are clicked most. */
function clicks(mail: Mail, ip: string, opened: number, happenings: Happening[], random: Random): void {
  const { links } = mail.mailing;
  const agent = personalAgent(random, opened);
  let at = opened + 6 * SECOND + random.below(80 * SECOND);
  for (let again = 0; again < 4; again++) {
    const link = links[Math.min(random.below(links.length), random.below(links.length))];
    if (link === undefined) return;
    happenings.push({ type: 'click', at, who: [0], ip, agent, link, isUnsubscribe: false, isHuman: true });
    if (!random.chance(0.3)) return;
    at += 7 * SECOND + random.wait(MINUTE_MS);
  }
}

/** By Pinpoint's link, by a marked link of SES, or on SES's preference page, where some come back. */
function leave(mail: Mail, ip: string, at: number, happenings: Happening[], random: Random): void {
  const { stream, unsubscribeLink, purpose } = mail.mailing;
  if (unsubscribeLink === null) return;
  const agent = personalAgent(random, at);
  const click = { at, who: [0], ip, agent, link: unsubscribeLink, isHuman: true } as const;
  if (stream.source === 'pinpoint') {
    happenings.push({ ...click, type: 'unsubscribe', isUnsubscribe: true });
    return;
  }
  if (random.chance(0.55)) {
    happenings.push({ ...click, type: 'click', isUnsubscribe: true });
    return;
  }
  const list = 'HarborBooks';
  const topic = purpose === 'journey' ? 'Club' : 'News';
  const everything = random.chance(0.3);
  happenings.push({ type: 'opt_out', at, who: [0], list, topic, everything });
  if (random.chance(0.15))
    happenings.push({ type: 'opt_in', at: at + HOUR_MS + random.wait(DAY_MS), who: [0], list, topic, everything });
}
