/** Types of a generated mail and of what can happen to it. */
import type { Mailing } from './mailings.ts';
import type { Recipient } from './people.ts';

/** One message, as the service that sent it knows it. */
export interface Mail {
  mailing: Mailing;
  id: string;
  /** epoch ms */
  sentAt: number;
  recipients: readonly Recipient[];
  /** the address that the service sent from */
  outgoingIp: string;
  /** a Pinpoint endpoint */
  endpoint: string;
}

export type BounceKind = 'hard' | 'soft' | 'undetermined';

interface Moment {
  /** when it happened, epoch ms */
  at: number;
  /** whom of the message's recipients it names; null: nobody, as it can't be known */
  who: readonly number[] | null;
}

export interface Bounce extends Moment {
  type: 'bounce';
  kind: BounceKind;
  subType: string;
  /** null: only the diagnostic has it, or nothing */
  status: string | null;
  diagnostic: string | null;
  /** the enhanced status code that can be known: from status, else from the diagnostic */
  enhancedStatus: string | null;
  feedbackId: string;
  mta: string;
}

export interface Open extends Moment {
  type: 'open';
  ip: string;
  agent: string;
  /** by the rules for machines (sql/README.md) */
  isHuman: boolean;
}

export interface Click extends Moment {
  type: 'click' | 'unsubscribe';
  ip: string;
  agent: string;
  link: string;
  isUnsubscribe: boolean;
  isHuman: boolean;
}

export interface Preference extends Moment {
  type: 'opt_out' | 'opt_in';
  list: string;
  topic: string;
  everything: boolean;
}

export interface Delivery extends Moment {
  type: 'delivered';
  response: string;
  mta: string;
}

export interface Delay extends Moment {
  type: 'delay';
  kind: string;
  status: string;
  diagnostic: string;
  expires: number;
}

export interface Complaint extends Moment {
  type: 'complaint';
  feedbackId: string;
  agent: string;
  arrived: number;
}

/** What happens to a message. `unsubscribe` is Pinpoint's click on its unsubscribe link. */
export type Happening =
  | (Moment & { type: 'send' })
  | (Moment & { type: 'rendering_failure'; template: string; message: string })
  | (Moment & { type: 'rejected'; reason: string })
  | Delay
  | Delivery
  | Bounce
  | Open
  | Click
  | Preference
  | Complaint;
