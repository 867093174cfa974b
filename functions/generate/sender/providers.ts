/** The mailbox providers of the invented recipients, and how each treats mail. */
import type { Weighted } from './random.ts';

/** How a mailbox provider treats the sender's mail, and how its people read it. */
export interface Provider {
  /** as in sql/seeds/mailbox_providers.csv */
  name: string;
  /** share of the sender's list */
  share: number;
  domains: readonly Weighted<string>[];
  /** the host that answers */
  mta: string;
  /** passes complaints on to the sender, so that they can be seen */
  hasFeedback: boolean;
  /** marketing mail that is reported as spam, of the delivered */
  complaintRate: number;
  /** usual time until it accepts, ms */
  latency: number;
  /** mail it puts off for now */
  delayRate: number;
  /** addresses on the list that no longer exist */
  deadRate: number;
  /** mail it turns away although the address is good */
  softRate: number;
  /** chance of a person to open, against the average */
  attention: number;
  /** people who read in Apple Mail with privacy protection */
  privacyShare: number;
  /** people behind a gateway that follows links before they see the mail */
  scannerShare: number;
  /** pictures are fetched through the provider's proxy */
  proxy: 'google' | 'yahoo' | null;
}

export const PROVIDERS: readonly Provider[] = [
  {
    name: 'gmail',
    share: 0.36,
    domains: [
      ['gmail.com', 0.94],
      ['googlemail.com', 0.06],
    ],
    mta: 'gmail-smtp-in.l.google.com',
    hasFeedback: false,
    complaintRate: 0,
    latency: 900,
    delayRate: 0.002,
    deadRate: 0.006,
    softRate: 0.004,
    attention: 1.05,
    privacyShare: 0.14,
    scannerShare: 0,
    proxy: 'google',
  },
  {
    name: 'microsoft',
    share: 0.17,
    domains: [
      ['outlook.com', 0.36],
      ['hotmail.com', 0.42],
      ['live.com', 0.12],
      ['hotmail.co.uk', 0.06],
      ['msn.com', 0.04],
    ],
    mta: 'outlook-com.olc.protection.outlook.com',
    hasFeedback: true,
    complaintRate: 0.0011,
    latency: 1900,
    delayRate: 0.006,
    deadRate: 0.013,
    softRate: 0.008,
    attention: 0.9,
    privacyShare: 0.1,
    scannerShare: 0.05,
    proxy: null,
  },
  {
    name: 'yahoo',
    share: 0.11,
    domains: [
      ['yahoo.com', 0.5],
      ['yahoo.co.uk', 0.12],
      ['yahoo.de', 0.12],
      ['aol.com', 0.26],
    ],
    mta: 'mta7.am0.yahoodns.net',
    hasFeedback: true,
    complaintRate: 0.0016,
    latency: 2600,
    delayRate: 0.012,
    deadRate: 0.02,
    softRate: 0.009,
    attention: 0.85,
    privacyShare: 0.12,
    scannerShare: 0,
    proxy: 'yahoo',
  },
  {
    name: 'apple',
    share: 0.09,
    domains: [
      ['icloud.com', 0.82],
      ['me.com', 0.14],
      ['mac.com', 0.04],
    ],
    mta: 'mx01.mail.icloud.com',
    hasFeedback: false,
    complaintRate: 0,
    latency: 1500,
    delayRate: 0.003,
    deadRate: 0.005,
    softRate: 0.005,
    attention: 1.1,
    privacyShare: 0.82,
    scannerShare: 0,
    proxy: null,
  },
  {
    name: 'gmx',
    share: 0.08,
    domains: [
      ['gmx.net', 0.55],
      ['gmx.de', 0.45],
    ],
    mta: 'mx00.emig.gmx.net',
    hasFeedback: false,
    complaintRate: 0,
    latency: 1300,
    delayRate: 0.008,
    deadRate: 0.009,
    softRate: 0.012,
    attention: 0.95,
    privacyShare: 0.16,
    scannerShare: 0,
    proxy: null,
  },
  {
    name: 'web.de',
    share: 0.06,
    domains: [['web.de', 1]],
    mta: 'mx-ha03.web.de',
    hasFeedback: false,
    complaintRate: 0,
    latency: 1300,
    delayRate: 0.008,
    deadRate: 0.008,
    softRate: 0.012,
    attention: 0.95,
    privacyShare: 0.14,
    scannerShare: 0,
    proxy: null,
  },
  {
    name: 't-online',
    share: 0.03,
    domains: [['t-online.de', 1]],
    mta: 'mx03.t-online.de',
    hasFeedback: false,
    complaintRate: 0,
    latency: 1700,
    delayRate: 0.015,
    deadRate: 0.011,
    softRate: 0.018,
    attention: 1,
    privacyShare: 0.08,
    scannerShare: 0,
    proxy: null,
  },
  {
    name: 'other',
    share: 0.1,
    domains: [
      ['brandt-logistics.example', 5],
      ['northwind-studio.example', 5],
      ['klinik-am-see.example', 4],
      ['uni-talheim.example', 6],
      ['staff.city-of-ashford.example', 4],
      ['oakleaf-partners.example', 4],
      ['fjordkraft-verk.example', 3],
      ['atelier-moreau.example', 3],
      ['riverside-school.example', 3],
      ['tanaka-seiko.example', 2],
      ['müller-druck.example', 1],
      ['książki-i-kawa.example', 1],
    ],
    mta: 'mx1.mail-gateway.example',
    hasFeedback: false,
    complaintRate: 0,
    latency: 3200,
    delayRate: 0.02,
    deadRate: 0.016,
    softRate: 0.015,
    attention: 0.8,
    privacyShare: 0.06,
    scannerShare: 0.35,
    proxy: null,
  },
];

/** Amazon SES's test addresses: no real mail, kept out of every rate. */
export const SIMULATOR_DOMAIN = 'simulator.amazonses.com';
