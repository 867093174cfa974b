/**
 * What is closed to agents unless they are let at persons: tables and views whose rows are of single persons or mails, or
 * that hold what mails say. What a sum says of many stays open. Links, and what servers answered, may still hold the address of
 * a recipient, so addresses are taken out of all answers, too. IP addresses of recipients stand in closed relations alone;
 * those in servers' answers are of the sender, or of the server.
 */
import type { DictionaryEntry } from '../commands/dictionary.ts';

/** A relation with one of these columns tells of single persons or mails. */
const PERSONAL: ReadonlySet<string> = new Set([
  'recipient',
  'recipient_key',
  'message_id',
  'from_address',
  'subject',
  'ip_address',
  'source_ip',
  'value',
  'raw',
]);

/** Seeds are lists of the project's own, where a value is a number. */
export const closedRelations = (entries: readonly DictionaryEntry[]): Set<string> =>
  new Set(
    entries
      .filter(({ kind, columns }) => kind !== 'seed' && columns.some(({ name }) => PERSONAL.has(name)))
      .map(({ name }) => name),
  );

/** As long as an address may be (RFC 5321, 4.5.3.1): a longer run of characters is looked at in its last part only. */
const ADDRESS = /[\p{L}\p{N}.!#$%&'*+/=?^_`{|}~-]{1,64}(?:@|%40)[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63})+/giu;
export const withoutAddresses = (text: string): string => text.replace(ADDRESS, '<address>');
