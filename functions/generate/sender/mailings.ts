/** The campaigns, journeys and transactional mailings of the invented sender. */
import { Random } from './random.ts';
import {
  BUS_STREAM,
  CLUB,
  EVENTS_STREAM,
  FEEDBACK_STREAM,
  type Identity,
  NEWS,
  PINPOINT_STREAM,
  SHOP,
  type Stream,
  TOPIC_STREAM,
} from './sender.ts';

/** What all messages of one campaign treatment, journey step or kind of transactional mail have in common. */
export interface Mailing {
  purpose: 'campaign' | 'journey' | 'transactional' | 'alert' | 'monitoring';
  stream: Stream;
  sender: Identity;
  configurationSet: string | null;
  campaignId: string | null;
  activityId: string | null;
  treatmentId: string | null;
  journeyId: string | null;
  journeyRunId: string | null;
  journeyActivityId: string | null;
  subject: string;
  links: readonly string[];
  /** null: nobody can or must unsubscribe from it */
  unsubscribeLink: string | null;
  /** chance of an average reader to open it */
  openRate: number;
  /** chance of who opened it to click */
  clickRate: number;
}

const plain = {
  campaignId: null,
  activityId: null,
  treatmentId: null,
  journeyId: null,
  journeyRunId: null,
  journeyActivityId: null,
  unsubscribeLink: null,
} as const;

const SITE = 'https://www.harborbooks.example';

export interface Treatment {
  subject: string;
  /** results against the average: what the A/B test is to find */
  opens: number;
  clicks: number;
}

/** One campaign: a mailing for each treatment. Without a test Pinpoint says treatment `0`, SES says nothing. */
export function campaign(
  seed: number,
  name: string,
  number: number,
  isPinpoint: boolean,
  slots: readonly string[],
  treatments: readonly Treatment[],
): Mailing[] {
  const random = new Random(seed, 2, number);
  const campaignId = isPinpoint ? random.hex(32) : name;
  const activityId = isPinpoint ? random.hex(32) : null;
  const links = slots.map(
    (slot) => `${SITE}/${slot}?utm_source=newsletter&utm_medium=email&utm_campaign=${name}&utm_content=${slot}`,
  );
  return treatments.map((treatment, index) => ({
    ...plain,
    purpose: 'campaign',
    stream: isPinpoint ? PINPOINT_STREAM : EVENTS_STREAM,
    sender: NEWS,
    configurationSet: isPinpoint ? null : 'marketing',
    campaignId,
    activityId,
    treatmentId: treatmentId(isPinpoint, treatments.length, index, random),
    subject: treatment.subject,
    links,
    unsubscribeLink: `${SITE}/unsubscribe?list=news`,
    openRate: 0.42 * treatment.opens,
    clickRate: 0.17 * treatment.clicks,
  }));
}

function treatmentId(isPinpoint: boolean, treatments: number, index: number, random: Random): string | null {
  if (treatments > 1) return isPinpoint ? random.hex(32) : (['A', 'B', 'C'][index] ?? null);
  return isPinpoint ? '0' : null;
}

const JOURNEYS = [
  ['welcome', 'Welcome aboard', 0.62, 0.3],
  ['welcome', 'Three shelves we think you will like', 0.5, 0.22],
  ['cart', 'You left something in your basket', 0.55, 0.34],
  ['winback', 'It has been a while', 0.3, 0.12],
] as const;

/** The steps of the journeys as they run on a day; a run lasts four weeks. */
export function journeys(seed: number, day: number, isPinpoint: boolean): Mailing[] {
  return JOURNEYS.map(([journey, subject, openRate, clickRate], step) => {
    const random = new Random(seed, 3, step, Math.floor(day / 28));
    return {
      ...plain,
      purpose: 'journey',
      stream: isPinpoint ? PINPOINT_STREAM : BUS_STREAM,
      sender: CLUB,
      configurationSet: isPinpoint ? null : 'lifecycle',
      journeyId: isPinpoint ? new Random(seed, 3, journey.length).hex(32) : journey,
      journeyRunId: isPinpoint ? random.hex(32) : null,
      journeyActivityId: isPinpoint ? random.hex(10) : `step-${step}`,
      subject,
      links: [`${SITE}/club/${journey}?utm_source=${journey}&utm_medium=email`, `${SITE}/club/account`],
      unsubscribeLink: `${SITE}/unsubscribe?list=club`,
      openRate,
      clickRate,
    };
  });
}

export const RECEIPT = 'Your order is confirmed';
export const INVOICE = 'Invoice for your school or company';

const TRANSACTIONAL = [
  [RECEIPT, 0.72, 0.16, ['account/orders', 'help/returns']],
  ['Your parcel is on its way', 0.7, 0.4, ['account/tracking']],
  ['Reset your password', 0.85, 0.8, ['account/reset']],
  [INVOICE, 0.6, 0, ['account/invoices']],
] as const;

/** Receipts and invoices: they have no campaign and no unsubscribe link. */
export function transactional(isPinpoint: boolean): Mailing[] {
  return TRANSACTIONAL.map(([subject, openRate, clickRate, paths]) => ({
    ...plain,
    purpose: 'transactional',
    stream: isPinpoint ? PINPOINT_STREAM : TOPIC_STREAM,
    sender: SHOP,
    configurationSet: isPinpoint ? null : 'transactional',
    subject,
    links: paths.map((path) => `${SITE}/${path}`),
    openRate,
    clickRate,
  }));
}

/** Written by an old system that has no configuration set: only legacy feedback reports on its mail. */
export const ALERT: Mailing = {
  ...plain,
  purpose: 'alert',
  stream: FEEDBACK_STREAM,
  sender: SHOP,
  configurationSet: null,
  subject: 'Stock alert: back in our shop',
  links: [],
  openRate: 0,
  clickRate: 0,
};

/** Sent to the mailbox simulator by the sender's monitoring. */
export const MONITORING: Mailing = {
  ...plain,
  purpose: 'monitoring',
  stream: TOPIC_STREAM,
  sender: SHOP,
  configurationSet: 'transactional',
  subject: 'Delivery check',
  links: [],
  openRate: 0,
  clickRate: 0,
};
