/** Decides which recipient of a mail an event is about. */
import { domainOf } from './address.ts';
import { type Draft, nobody, type OtherRecipient, type Recipient } from './draft.ts';

import { isErased } from './recipients.ts';

/**
 * Decides whom a delivery, bounce, complaint or delay is about. The address that it names is the one that the reporting
 * server knows (a DSN's Final-Recipient): that of a forwarded mail was never written to, and may be missing. If the mail
 * had one recipient, there is no doubt. If it had several, the one whose address is a way of writing the named one; if
 * there is none, nobody: the row is kept without a recipient. What was named instead stays beside it.
 */
export const ascribe = (draft: Draft): void => {
  const { destinations, recipients } = draft;
  const [only] = destinations;
  if (only === undefined) return;
  if (destinations.length > 1) {
    if (recipients.some(isUnlike(destinations))) ascribeToSome(draft);
  } else if (only.key !== null && (recipients.length !== 1 || recipients[0]?.key !== only.key)) {
    draft.recipients = recipients.length === 0 ? [{ ...only, named: null }] : [rowOf(only, recipients, draft)];
  }
};

const isUnlike = (destinations: readonly Recipient[]) => {
  const keys = new Set(destinations.map(({ key }) => key));
  return ({ key }: Recipient): boolean => key !== null && !keys.has(key);
};

const ascribeToSome = (draft: Draft): void => {
  const find = makeFinder(draft.destinations);
  const entries = new Map<Recipient, Recipient[]>();
  const rows: Recipient[] = [];
  for (const entry of draft.recipients) {
    const { given, key, domain } = nobody;
    const about = entry.key === null ? undefined : find(entry.key);
    if (isErased(entry)) rows.push(entry);
    else if (about === undefined) rows.push({ ...entry, given, key, domain, reported: entry.given });
    else {
      const known = entries.get(about);
      if (known === undefined) entries.set(about, [entry]);
      else known.push(entry);
    }
  }
  draft.recipients = [...[...entries].map(([about, of]) => rowOf(about, of, draft)), ...rows];
};

/** The one row of a recipient of whom an event has several entries; the others go to `extras`. */
const rowOf = (about: Recipient, entries: readonly Recipient[], draft: Draft): Recipient => {
  const entry = entries.find(({ key }) => key === about.key) ?? entries[0] ?? nobody;
  const others = entries.filter((other) => other !== entry);
  draft.others = [...draft.others, ...others.map(otherOf)];
  if (entry.key === about.key) return entry;
  const { given, key, domain } = about;
  return { ...entry, given, key, domain, reported: entry.given || null };
};

const otherOf = ({ given, action, status, diagnostic }: Recipient): OtherRecipient => ({
  address: given,
  action,
  status,
  diagnostic,
});

/** Of the destinations the only one that an address can be another way of writing of, from near to far. */
const makeFinder = (destinations: readonly Recipient[]): ((key: string) => Recipient | undefined) => {
  const forms = [(key: string) => key, canonical, withoutDetail, atGmail].map((form) => {
    const found = new Map<string, Recipient | null>();
    for (const destination of destinations) {
      if (destination.key === null) continue;
      const written = form(destination.key);
      found.set(written, found.has(written) ? null : destination);
    }
    return (key: string) => found.get(form(key)) ?? undefined;
  });
  return (key) => {
    for (const find of forms) {
      const found = find(key);
      if (found !== undefined) return found;
    }
    return undefined;
  };
};

/** Without quotes, angle brackets, `mailto:`, the dot behind a domain; the domain in ASCII. Expects lower case. */
const canonical = (key: string): string => {
  const bare = key.replace(/^[\s<"']*(?:mailto:)?/, '').replace(/[\s>"']{1,8}$/, '');
  const at = bare.lastIndexOf('@');
  if (at < 0) return bare;
  const local = bare.slice(0, at).replace(/["']$/, '').replace(/\\(.)/gs, '$1');
  return `${local}@${domainOf(bare) ?? bare.slice(at + 1)}`;
};

/** Without the detail of a sub-address (RFC 5233): `ann+news@example.org` is Ann's. */
const withoutDetail = (key: string): string => {
  const plain = canonical(key);
  const at = plain.lastIndexOf('@');
  const plus = plain.indexOf('+');
  return plus > 0 && plus < at ? plain.slice(0, plus) + plain.slice(at) : plain;
};

/** Gmail knows no dots before the `@`, and its mail of googlemail.com is that of gmail.com (Gmail Help). */
const atGmail = (key: string): string => {
  const plain = withoutDetail(key);
  const [, local] = /^(.+)@(?:gmail|googlemail)\.com$/.exec(plain) ?? [];
  return local === undefined ? plain : `${local.replaceAll('.', '')}@gmail.com`;
};
