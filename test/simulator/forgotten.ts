/** Persons who are forgotten in a simulated lake: how they are known, and what is left of rows without them. */
import { hash } from 'node:crypto';
import { ErasedPersons, type ErasedUntil } from '#lake/decode/erased-persons.ts';
import type { KeyedHash } from '#lake/ports.ts';
import { type FileEraser, recipientsIn, withoutThem } from '#lake/steps/erase/rewrite.ts';
import { decodeRows, encodeRows, type Row } from './rows.ts';

export const HASH: KeyedHash = { hex: (text) => hash('sha256', text, 'hex').slice(0, 32), fingerprint: 'simulated' };

export const NOBODY = new ErasedPersons(HASH, {});

export const personsOf = (until: ErasedUntil | undefined): ErasedPersons =>
  until === undefined ? NOBODY : new ErasedPersons(HASH, until);

/** The rows of a table as they may stay; the same row where nothing of it goes. */
export function rowsWithout(table: string, rows: readonly Row[], persons: ErasedPersons): Row[] {
  const named = table === 'headers' ? rows.flatMap((row) => recipientsIn(row, persons)) : [];
  const mailsWith = (is: boolean): Set<string> =>
    new Set(named.filter(({ isErased }) => isErased === is).map(({ message }) => message));
  const mails = mailsWith(true).difference(mailsWith(false));
  return rows.map((row) => withoutThem(table, row, persons, mails)).filter((row) => row !== null);
}

/** Files of the simulated lake. */
export const ROWS: FileEraser = {
  names: async (table, bytes, persons) =>
    table !== 'quarantine' &&
    decodeRows(bytes).some((row) =>
      Object.entries(row).some(([name, value]) => typeof value === 'string' && persons.isNamedIn(table, name, value)),
    ),
  recipients: async (bytes, persons) => decodeRows(bytes).flatMap((row) => recipientsIn(row, persons)),
  erase: async (table, bytes, persons, _, mails) => {
    const rows = decodeRows(bytes);
    const left = rows.map((row) => withoutThem(table, row, persons, mails));
    const kept = left.filter((row) => row !== null);
    const masked = kept.filter((row) => !rows.includes(row)).length;
    if (kept.length === rows.length && masked === 0) return null;
    const parts = kept.length === 0 ? [] : [{ bytes: encodeRows(kept), rows: kept.length }];
    return { parts, rows: rows.length - kept.length, masked, sources: [] };
  },
};
