/**
 * What an agent is not shown unless `--persons` is given. Closed to it are tables and views that have a row a person or a mail,
 * or what a mail says. Sums over many stay open. Links and servers' answers may hold the address of a recipient, so addresses
 * are taken out of every answer. IP addresses of recipients are in closed tables only; those in servers' answers are the
 * sender's or the server's own.
 */
import { tellsOfPersons } from '#lake/tables/persons.ts';
import type { DictionaryEntry } from '../commands/dictionary.ts';

/** Seeds are lists of the project's own, where a value is a number. */
export const closedRelations = (entries: readonly DictionaryEntry[]): Set<string> =>
  new Set(
    entries
      .filter(({ kind, columns }) => kind !== 'seed' && columns.some(({ name }) => tellsOfPersons(name)))
      .map(({ name }) => name),
  );

/** As long as an address may be (RFC 5321, 4.5.3.1): a longer run of characters is looked at in its last part only. */
const ADDRESS = /[\p{L}\p{N}.!#$%&'*+/=?^_`{|}~-]{1,64}(?:@|%40)[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63})+/giu;
export const withoutAddresses = (text: string): string => text.replace(ADDRESS, '<address>');
