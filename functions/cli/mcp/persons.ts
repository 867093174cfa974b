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
