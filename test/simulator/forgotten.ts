/** Persons who are forgotten in a simulated lake: how they are known, and what is left of rows without them. */
import { hash } from 'node:crypto';
import { ERASED } from '#lake/decode/address-texts.ts';
import { ErasedPersons, type ErasedUntil } from '#lake/decode/erased-persons.ts';
import type { KeyedHash } from '#lake/ports.ts';
import type { RawEraser } from '#lake/steps/erase/raw-object.ts';
import { type FileEraser, recipientsIn, withoutThem } from '#lake/steps/erase/rewrite.ts';
import { eventRows } from './event-rows.ts';
import type { MailEvent, MailRecord } from './mail.ts';
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

/** Raw objects of the simulated lake: each line stays as long as it was. */
export const LINES: RawEraser = {
  erase: async (stored, { persons }) => {
    const content = Buffer.from(stored).toString();
    const made = contentWithout(content, persons);
    return made === content ? null : { bytes: Buffer.from(made) };
  },
};

export const contentWithout = (content: string, persons: ErasedPersons): string =>
  content
    .split('\n')
    .map((line) => {
      if (line === '' || line === 'poison') return line;
      const record: MailRecord = JSON.parse(line);
      const made = recordWithout(record, persons);
      return made === record ? line : JSON.stringify(made).padEnd(line.length);
    })
    .join('\n');

function recordWithout(record: MailRecord, persons: ErasedPersons): MailRecord {
  if (record.is === 'event') return eventWithout(record, persons);
  if (record.is !== 'broken' || !record.event) return record;
  const event = eventWithout(record.event, persons);
  if (event === record.event) return record;
  return event.is === 'erased' ? event : { ...record, event };
}

function eventWithout(event: MailEvent, persons: ErasedPersons): MailEvent | { is: 'erased' } {
  const isTheirs = (recipient: string | null): boolean =>
    recipient !== null && persons.isErased(recipient, event.sentAt);
  const rows = eventRows(event, { attempt: '', key: '', ordinal: 0 });
  if (rows.every(({ row }) => persons.withoutThem('events', row) === null)) return { is: 'erased' };
  const before = persons.about(event.sentAt);
  const headers = event.headers.map(([name, value]): [string, string] => [
    name,
    persons.header(name.toLowerCase(), value),
  ]);
  persons.about(before);
  const isSame = headers.every(([, value], i) => value === event.headers[i]?.[1]);
  if (isSame && !event.recipients.some(isTheirs)) return event;
  return { ...event, headers, recipients: event.recipients.map((one) => (isTheirs(one) ? ERASED : one)) };
}
