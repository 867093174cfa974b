/** All tables of the lake, by name. */
import { clicks } from './clicks.ts';
import { events } from './events.ts';
import { headers } from './headers.ts';
import { audits, generations, units } from './protocol.ts';
import { quarantine } from './quarantine.ts';
import { recipientMessages } from './recipient-messages.ts';
import type { Table } from './table.ts';

export { audits, clicks, events, generations, headers, quarantine, recipientMessages, units };

/** What transform writes and settle compacts. */
export const SETTLED_TABLES = [events, headers, clicks] as const;
/** Every table of the lake, by name. */
export const TABLES: Readonly<Record<string, Table>> = Object.fromEntries(
  ([events, headers, clicks, recipientMessages, quarantine, units, generations, audits] as const).map(
    (table): [string, Table] => [table.name, table],
  ),
);
