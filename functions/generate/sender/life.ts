/** Generates the life of one mail to one person: sent, delivered or bounced, opened, clicked, complained about. */
import { DAY_MS, HOUR_MS, MINUTE_MS } from '#lake/days.ts';
import * as answers from './answers.ts';
import { dayOf, SECOND } from './calendar.ts';
import type { BounceKind, Happening, Mail } from './mail.ts';
import { INVOICE, type Mailing } from './mailings.ts';
import { type Person, personAt, simulatorAddress } from './people.ts';
import { PROVIDERS } from './providers.ts';
import { Random } from './random.ts';
import { readByPerson, scannedByGateway } from './reading.ts';
import type { Batch, Incident } from './schedule.ts';

/** What the lives of all messages share. */
export interface World {
  seed: number;
  /** how many people are on the list */
  people: number;
  /** null: no provider turns mail away */
  incident: Incident | null;
}

export interface Life {
  mail: Mail;
  /** in no particular order */
  happenings: Happening[];
}

/**
 * The whole life of message `index` of the run, the `ordinal`th of its batch. The same arguments give the same life.
 */
export function lifeOf(world: World, batch: Batch, ordinal: number, index: number): Life {
  const random = new Random(world.seed, 5, index);
  const mailing = random.weighted(batch.mailings);
  const sentAt = batch.at + Math.floor((batch.spread * (ordinal + random.unit())) / batch.messages);
  if (mailing.purpose === 'monitoring') return simulated(mailing, sentAt, random);
  const people = audienceOf(world, batch, ordinal, mailing, random);
  const mail = mailOf(mailing, sentAt, people, random);
  const happenings: Happening[] = [];
  const all = people.map((_, position) => position);
  if (fails(mail, all, happenings, random)) return { mail, happenings };
  if (mailing.stream.feed !== 'notification') happenings.push({ type: 'send', at: sentAt, who: all });
  if (mailing.stream.source === 'ses' && mailing.stream.feed !== 'notification' && random.chance(0.0003)) {
    happenings.push({ type: 'rejected', at: sentAt, who: all, reason: 'Bad content' });
    return { mail, happenings };
  }
  let lastDelivery = 0;
  people.forEach((person, position) => {
    const delivered = deliver(world, mail, person, position, happenings, random);
    if (delivered !== null && people.length === 1) live(mail, person, delivered, happenings, random);
    if (delivered !== null) lastDelivery = Math.max(lastDelivery, delivered);
  });
  if (people.length > 1 && lastDelivery > 0) openedBySomeone(people, lastDelivery, mailing, happenings, random);
  return { mail, happenings };
}

export function mailOf(mailing: Mailing, sentAt: number, recipients: Mail['recipients'], random: Random): Mail {
  return {
    mailing,
    id: `0107${sentAt.toString(16).padStart(12, '0')}-${random.uuid()}-000000`,
    sentAt,
    recipients,
    outgoingIp: `54.240.11.${random.between(11, 16)}`,
    endpoint: random.hex(16),
  };
}

function audienceOf(world: World, batch: Batch, ordinal: number, mailing: Mailing, random: Random): Person[] {
  if (batch.audience !== null) {
    const start = batch.audience.salt + batch.audience.half * Math.floor(world.people / 2);
    return [personAt(world.seed, (start + ordinal) % world.people)];
  }
  const first = random.below(world.people);
  if (mailing.subject !== INVOICE) return [personAt(world.seed, first)];
  const count = random.between(2, 4);
  return Array.from({ length: count }, (_, next) => personAt(world.seed, (first + next) % world.people));
}

/**
 * Mail that the service never sends: a template it can't fill, or (Pinpoint says no more than this) content it refuses.
 */
function fails(mail: Mail, all: readonly number[], happenings: Happening[], random: Random): boolean {
  const { purpose, stream } = mail.mailing;
  if (stream.feed === 'notification') return false;
  if (purpose !== 'campaign' && random.chance(0.0007)) {
    const template = purpose === 'journey' ? 'club-letter' : 'shop-letter';
    const message = "Attribute 'firstName' is not present in the rendering data.";
    happenings.push({ type: 'rendering_failure', at: mail.sentAt, who: all, template, message });
    return true;
  }
  if (stream.source === 'pinpoint' && random.chance(0.0003)) {
    happenings.push({ type: 'rejected', at: mail.sentAt, who: all, reason: 'Bad content' });
    return true;
  }
  return false;
}

/** Until the message lies in the mailbox or is given up. The time of delivery, or null if it bounced. */
function deliver(
  world: World,
  mail: Mail,
  person: Person,
  position: number,
  happenings: Happening[],
  random: Random,
): number | null {
  const bounce = (kind: BounceKind, subType: string, after: number, answer: answers.Answer): null => {
    happenings.push(bounceOf(kind, subType, mail.sentAt + after, position, answer, person.at.mta, random));
    return null;
  };
  const soon = 300 + random.wait(person.at.latency);
  if (person.fate === 'suppressed') return bounce('hard', 'OnAccountSuppressionList', 200, answers.onSuppressionList);
  if (isBlocked(world.incident, mail, person) && random.chance(0.86))
    return bounce('hard', 'General', soon, answers.policyBlock(mail.outgoingIp));
  if (person.fate === 'unknown') return bounce('hard', 'NoEmail', soon, answers.noSuchMailbox(person.at, person.key));
  if (person.fate === 'disabled') return bounce('hard', 'General', soon, answers.disabled(person.at));
  if (person.fate === 'no_domain') return bounce('hard', 'General', soon, answers.noDomain(domainOf(person.key)));
  if (person.fate === 'full') return bounce('soft', 'MailboxFull', 4 * HOUR_MS + soon, answers.mailboxFull(person.at));
  if (random.chance(person.at.softRate))
    return bounce(
      'soft',
      random.chance(0.6) ? 'General' : 'ContentRejected',
      soon,
      answers.turnedAway(person.at, mail.outgoingIp),
    );
  if (random.chance(0.0003)) return bounce('undetermined', 'Undetermined', soon, answers.unclear);
  let at = mail.sentAt + soon;
  if (random.chance(person.at.delayRate)) {
    at = delayed(mail, person, position, happenings, random);
    if (random.chance(0.07)) return bounce('soft', 'General', 14 * HOUR_MS + soon, answers.gaveUp);
  }
  const response = answers.accepted(person.at, random.hex(32));
  happenings.push({
    type: 'delivered',
    at,
    who: [position],
    response,
    mta: 'a11-13.smtp-out.eu-central-1.amazonses.com',
  });
  return at;
}

const domainOf = (key: string): string => key.slice(key.lastIndexOf('@') + 1);

const isBlocked = (incident: Incident | null, mail: Mail, person: Person): boolean =>
  incident !== null &&
  person.provider === incident.provider &&
  mail.mailing.sender.domain === incident.from_domain &&
  dayOf(mail.sentAt) === incident.date;

export function bounceOf(
  kind: BounceKind,
  subType: string,
  at: number,
  position: number,
  answer: answers.Answer,
  mta: string,
  random: Random,
): Happening {
  const feedbackId = `0107${random.hex(12)}-${random.uuid()}-000000`;
  return { type: 'bounce', kind, subType, at, who: [position], feedbackId, mta, ...answer };
}

/** Put off once or twice. SES says so (and Pinpoint doesn't); returns when it was delivered in the end. */
function delayed(mail: Mail, person: Person, position: number, happenings: Happening[], random: Random): number {
  const { source, feed } = mail.mailing.stream;
  let at = mail.sentAt + 5 * MINUTE_MS + random.wait(2 * MINUTE_MS);
  for (let k = random.between(1, 2); k > 0; k--) {
    const kind = random.pick(['TransientCommunicationFailure', 'RecipientServerError', 'IPFailure', 'SpamDetected']);
    const { status, diagnostic } = answers.turnedAway(person.at, mail.outgoingIp);
    if (source === 'ses' && feed !== 'notification')
      happenings.push({
        type: 'delay',
        at,
        who: [position],
        kind,
        status: status ?? '4.7.0',
        diagnostic: diagnostic ?? '',
        expires: mail.sentAt + 14 * HOUR_MS,
      });
    at += 10 * MINUTE_MS + random.wait(40 * MINUTE_MS);
  }
  return at;
}

/** What comes after delivery: late bounces, gateways, readers, complaints. */
function live(mail: Mail, person: Person, deliveredAt: number, happenings: Happening[], random: Random): void {
  const later = (kind: BounceKind, subType: string, after: number, answer: answers.Answer): void => {
    happenings.push(bounceOf(kind, subType, deliveredAt + after, 0, answer, person.at.mta, random));
  };
  if (random.chance(0.0005)) {
    later('hard', 'General', 2 * MINUTE_MS + random.wait(HOUR_MS), answers.returnedLater(person.key));
    return;
  }
  if (random.chance(0.0015)) later('soft', 'General', 5 * SECOND + random.wait(MINUTE_MS), answers.outOfOffice);
  if (random.chance(0.0002))
    later('undetermined', 'Undetermined', 9 * MINUTE_MS + random.wait(HOUR_MS), answers.unclear);
  if (mail.mailing.stream.feed !== 'notification') {
    if (person.isScanned) scannedByGateway(mail, deliveredAt, happenings, random);
    readByPerson(mail, person, deliveredAt, happenings, random);
  }
  const isUnasked = mail.mailing.purpose !== 'transactional';
  if (isUnasked && person.at.hasFeedback && random.chance(person.at.complaintRate * 1.5)) {
    const at = deliveredAt + 3 * MINUTE_MS + random.wait(9 * HOUR_MS);
    happenings.push({ ...complaintOf(at, [0], random), agent: feedbackAgent(person) });
  }
}

const feedbackAgent = (person: Person): string =>
  person.at.name === 'yahoo' ? 'Yahoo!-Mail-Feedback/2.0' : 'Microsoft-JMRP/1.0';

export function complaintOf(at: number, who: readonly number[], random: Random): Happening & { type: 'complaint' } {
  const feedbackId = `0107${random.hex(12)}-${random.uuid()}-000000`;
  return { type: 'complaint', at, who, feedbackId, agent: 'FeedbackLoop/1.0', arrived: at - 40 * SECOND };
}

/** Several recipients share one tracking pixel: nobody knows whose open it was. */
function openedBySomeone(
  people: readonly Person[],
  deliveredAt: number,
  mailing: Mailing,
  happenings: Happening[],
  random: Random,
): void {
  let at = deliveredAt;
  for (const person of people) {
    at += MINUTE_MS + random.wait(5 * HOUR_MS);
    if (at > deliveredAt + 10 * DAY_MS || !random.chance(mailing.openRate)) continue;
    happenings.push({
      type: 'open',
      at,
      who: null,
      ip: `203.0.113.${person.home % 250}`,
      agent: 'Mozilla/5.0',
      isHuman: false,
    });
  }
}

function simulated(mailing: Mailing, sentAt: number, random: Random): Life {
  const { kind, recipient } = simulatorAddress(random);
  const mail = mailOf(mailing, sentAt, [recipient], random);
  const happenings: Happening[] = [{ type: 'send', at: sentAt, who: [0] }];
  const mta = 'simulator.amazonses.com';
  const [at] = PROVIDERS;
  if (at === undefined) return { mail, happenings };
  if (kind === 'bounce' || kind === 'suppressionlist') {
    const subType = kind === 'bounce' ? 'General' : 'Suppressed';
    const said = { status: '5.1.1', diagnostic: 'smtp; 550 5.1.1 user unknown', enhancedStatus: '5.1.1' };
    happenings.push(bounceOf('hard', subType, sentAt + 700, 0, said, mta, random));
    return { mail, happenings };
  }
  happenings.push({ type: 'delivered', at: sentAt + 650, who: [0], response: '250 2.6.0 Message received', mta });
  if (kind === 'ooto') happenings.push(bounceOf('soft', 'General', sentAt + 2000, 0, answers.outOfOffice, mta, random));
  if (kind === 'complaint') happenings.push(complaintOf(sentAt + 60 * SECOND, [0], random));
  return { mail, happenings };
}
