/** Reads lists of recipients: of a mail, and of a bounce, complaint or delay. */
import { Rejection } from '../vocabulary.ts';
import { isPlainAddress, parseAddresses } from './address.ts';
import { ERASED } from './address-texts.ts';
import { nobody, type Recipient } from './draft.ts';
import { type Field, listOf, objectOf, textOf, wordOf, wrongType } from './fields.ts';
import type { Pseudonyms } from './pseudonyms.ts';

/** What the fields of a recipient are called in a source. */
export interface RecipientFields {
  address: string;
  diagnostic: string;
}

/** Two hundred times what SES and Pinpoint take. Each makes a row: a record of 16 MB could otherwise make millions. */
export const MOST_RECIPIENTS = 10_000;

/**
 * Appends the recipients of a list of addresses, several in one text if need be. An address named twice is one recipient.
 * `into` is empty, `path` ends in `[]`. @throws Rejection wrong_type; record_too_large if there are over 10,000
 */
export const readAddresses = (value: Field, path: string, into: Recipient[]): void => {
  const list = listOf(value);
  for (let place = 0; place < list.length; place++) {
    const text = textOf(list[place], path, place);
    if (text === null) throw wrongType('an address', list[place], path, place);
    addAddresses(text, null, null, null, into);
    checkNumber(into, path);
  }
  dropRepeats(into);
};

/** The same for objects with an address and what a bounce or delay says of it; an address alone will do. */
export const readRecipients = (value: Field, path: string, names: RecipientFields, into: Recipient[]): void => {
  const list = listOf(value);
  for (let place = 0; place < list.length; place++) {
    const item = list[place];
    if (typeof item === 'string') addAddresses(item, null, null, null, into);
    else {
      const fields = objectOf(item, path, place);
      if (fields === null) throw wrongType('a recipient', item, path, place);
      const address = textOf(fields[names.address], `${path}.${names.address}`, place);
      const action = wordOf(fields.action, `${path}.action`, place);
      const status = wordOf(fields.status, `${path}.status`, place);
      const diagnostic = wordOf(fields[names.diagnostic], `${path}.${names.diagnostic}`, place);
      addAddresses(address, action, status, diagnostic, into);
    }
    checkNumber(into, path);
  }
  dropRepeats(into);
};

const addAddresses = (
  text: string | null,
  action: string | null,
  status: string | null,
  diagnostic: string | null,
  into: Recipient[],
): void => {
  if (text === null) {
    into.push({ ...nobody, action, status, diagnostic });
  } else if (isPlainAddress(text)) {
    const key = text.toLowerCase();
    const domain = key.slice(key.lastIndexOf('@') + 1);
    into.push({ given: text, key, domain, action, status, diagnostic, named: key, reported: null });
  } else {
    for (const { given, address, domain } of parseAddresses(withoutType(text), MOST_RECIPIENTS + 1)) {
      const key = address.toLowerCase() || null;
      into.push({ given, key, domain, action, status, diagnostic, named: key, reported: null });
    }
  }
};

/** A DSN's Final-Recipient begins with the type of the address (RFC 3464, 2.3.2): `rfc822; ann@example.org`. */
const withoutType = (text: string): string =>
  text.replace(/^\s*(["'<]?)\s*(?:addr-type\s*:\s*)?(?:rfc822|utf-?8|smtp|unknown)\s*[;:]/i, '$1');

/** Without those in whose place the raw data has a word. The same list, if there are none. */
export const withoutErased = (recipients: Recipient[]): Recipient[] =>
  recipients.some(isErased) ? recipients.filter((recipient) => !isErased(recipient)) : recipients;

export const isErased = ({ key }: Recipient): boolean => key === ERASED;

/** The same with hashes: an address as given is its hash, too, as a display name is a person's. */
export const hiddenRecipient = (recipient: Recipient, hide: Pseudonyms): Recipient => {
  const { given, key, action, status, diagnostic, named, reported } = recipient;
  const ofKey = key === null ? null : hide.address(key);
  return {
    ...recipient,
    given: given === null ? null : (ofKey ?? hide.people(given)),
    key: ofKey,
    action: action === null ? null : hide.text(action),
    status: status === null ? null : hide.text(status),
    diagnostic: diagnostic === null ? null : hide.text(diagnostic),
    named: named === null ? null : hide.address(named),
    reported: reported === null ? null : hide.people(withoutType(reported)),
  };
};

const checkNumber = ({ length }: readonly Recipient[], path: string): void => {
  if (length > MOST_RECIPIENTS)
    throw new Rejection('record_too_large', `${path} has over ${MOST_RECIPIENTS} recipients`);
};

/** Of an address named twice the first stays; each word in the place of one that was erased stands for another person. */
const dropRepeats = (recipients: Recipient[]): void => {
  if (recipients.length < 2) return;
  const keys = new Set<string>();
  let kept = 0;
  for (const recipient of recipients) {
    const { key } = recipient;
    if (key !== null && key !== ERASED && keys.has(key)) continue;
    if (key !== null) keys.add(key);
    recipients[kept++] = recipient;
  }
  recipients.length = kept;
};
