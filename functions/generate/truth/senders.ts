/** The true numbers of `sender_requirements`, counted while the data is generated. */
import { dateOf } from '../records/event-words.ts';
import type { Mail } from '../sender/mail.ts';
import { Tally } from './counter.ts';

/** What sender_requirements must say: messages by what their send event lists among its headers. */
export class SenderLedger {
  private readonly tally = new Tally(
    ['send_date', 'from_domain'],
    [
      'messages',
      'list_unsubscribe_messages',
      'one_click_messages',
      'message_id_messages',
      'message_id_visible_messages',
      'dkim_signed_messages',
      'feedback_id_messages',
      'unusual_messages',
    ],
  );

  /** A message with a send event. @param isUsual its headers are the usual ones; of others nothing is said but that they are there */
  sent({ mailing, sentAt }: Mail, isUsual: boolean): void {
    const line = [dateOf(sentAt), mailing.sender.domain];
    if (!isUsual) {
      this.tally.add(line, [0, 0, 0, 0, 0, 0, 0, 1]);
      return;
    }
    const isBulk = Number(mailing.unsubscribeLink !== null);
    // Pinpoint hides its Message-ID.
    const hasMessageId = Number(mailing.stream.source === 'ses');
    this.tally.add(line, [1, isBulk, isBulk, hasMessageId, hasMessageId, 0, isBulk, 0]);
  }

  lines(): ReturnType<Tally['lines']> {
    return this.tally.lines();
  }
}
