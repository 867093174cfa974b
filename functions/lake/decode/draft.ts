/** The draft of a record's rows, which the decoder fills and clears for each record. */
import { type ClickRow, clicks } from '../tables/clicks.ts';
import { type EventRow, events } from '../tables/events.ts';
import { type HeaderRow, headers } from '../tables/headers.ts';
import type { EventType } from '../vocabulary.ts';
import type { Json } from './fields.ts';
import { blankRow, rowClearer } from './row-code.ts';

/** A person whom an event is about, with what a bounce or delay says about them. */
export interface Recipient {
  /** as given */
  given: string | null;
  key: string | null;
  domain: string | null;
  action: string | null;
  status: string | null;
  diagnostic: string | null;
  /** the key of the address that the event itself names, which its id rests on */
  named: string | null;
  /** what the event gives instead of this recipient's address */
  reported: string | null;
}

/** What an event says of a recipient beyond the row that they have: `extras` keeps it. */
export type OtherRecipient = Pick<Recipient, 'action' | 'status' | 'diagnostic'> & { address: string | null };

/** Everything that is read from one record: the drafts of its rows, and what several rows share. Used again for each record. */
export interface Draft {
  eventType: EventType;
  event: EventRow;
  header: HeaderRow;
  click: ClickRow;
  /** the message's destinations */
  destinations: Recipient[];
  /** those whom the event has a row for */
  recipients: Recipient[];
  others: readonly OtherRecipient[];
  headers: readonly Json[];
  /** path of the headers, with `[]`, for a rejection */
  headersPath: string;
  isClick: boolean;
  linkTags: string | null;
}

export const nobody: Recipient = {
  given: null,
  key: null,
  domain: null,
  action: null,
  status: null,
  diagnostic: null,
  named: null,
  reported: null,
};

const NO_OTHERS: readonly OtherRecipient[] = [];

/** Every column of every row is there from the beginning, so that the drafts never change their shape. */
export const makeDraft = (): Draft => ({
  eventType: 'send',
  event: blankRow(events),
  header: blankRow(headers),
  click: blankRow(clicks),
  destinations: [],
  recipients: [],
  others: NO_OTHERS,
  headers: [],
  headersPath: '',
  isClick: false,
  linkTags: null,
});

/** Sets every column to NULL that a record may not fill; columns that are never NULL are assigned for each record. */
export const clear = (draft: Draft): void => {
  clearRow(draft.event);
  draft.destinations = [];
  draft.recipients = [];
  draft.others = NO_OTHERS;
  draft.isClick = false;
  draft.linkTags = null;
};

const clearRow = rowClearer(events);
