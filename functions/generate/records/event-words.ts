/** The event type and day that a generated happening must have in the lake. */
import type { EventType } from '#lake/vocabulary.ts';
import { dayOf } from '../sender/calendar.ts';
import type { Happening } from '../sender/mail.ts';

/** The event type that the lake gives a happening (lake/vocabulary.ts). */
export function eventType(happening: Happening): EventType {
  switch (happening.type) {
    case 'bounce':
      return `${happening.kind}_bounce`;
    case 'delay':
      return 'delivery_delay';
    case 'opt_out':
      return 'unsubscribe';
    case 'opt_in':
      return 'resubscribe';
    default:
      return happening.type;
  }
}

/** On days before this no mail of SES can have been sent: the lake keeps such absurd times under 1970-01-01. */
const ABSURD_DAY = '1970-01-01';

/** The UTC day that an event belongs to. */
export const dateOf = (instant: number): string =>
  instant >= Date.UTC(2010, 0) && instant < Date.UTC(2100, 0) ? dayOf(instant) : ABSURD_DAY;
