import { isPlainAddress, parseAddresses } from './address.ts';
import type { Recipient } from './draft.ts';
import { type Field, type Json, listOf, textOf, wordOf, wrongType } from './fields.ts';

/** What the fields of a recipient are called in a source. */
export interface RecipientFields {
  address: string;
  diagnostic: string;
}

/**
 * Appends the recipients that `value` names: addresses as text, several in one text if need be, or objects with an
 * address and what a bounce or delay says of it. An address named twice is one recipient.
 * `path` ends in `[]`. @throws Rejection wrong_type
 */
export const readRecipients = (value: Field, path: string, names: RecipientFields, into: Recipient[]): void => {
  const list = listOf(value);
  for (let place = 0; place < list.length; place++) {
    const item = list[place];
    if (typeof item === 'string') readAddresses(item, null, names, path, place, into);
    else if (typeof item === 'object' && item !== null && !Array.isArray(item)) {
      const given = textOf(item[names.address], `${path}.${names.address}`, place);
      readAddresses(given, item, names, path, place, into);
    } else throw wrongType('a recipient', item, path, place);
  }
};

const readAddresses = (
  text: string | null,
  fields: { [name: string]: Json } | null,
  names: RecipientFields,
  path: string,
  place: number,
  into: Recipient[],
): void => {
  const action = fields === null ? null : wordOf(fields.action, `${path}.action`, place);
  const status = fields === null ? null : wordOf(fields.status, `${path}.status`, place);
  const diagnostic = fields === null ? null : wordOf(fields[names.diagnostic], `${path}.${names.diagnostic}`, place);
  if (text === null) {
    into.push({ given: null, key: null, domain: null, action, status, diagnostic });
    return;
  }
  if (isPlainAddress(text)) {
    const key = text.toLowerCase();
    add({ given: text, key, domain: key.slice(key.lastIndexOf('@') + 1), action, status, diagnostic }, into);
    return;
  }
  for (const { given, address, domain } of parseAddresses(text)) {
    add({ given, key: address.toLowerCase() || null, domain, action, status, diagnostic }, into);
  }
};

const add = (recipient: Recipient, into: Recipient[]): void => {
  for (const other of into) if (other.key === recipient.key && recipient.key !== null) return;
  into.push(recipient);
};

/** The element of a list of one, which is whom an open or click can be put down to. */
export const onlyOne = (recipients: readonly Recipient[]): Recipient | undefined =>
  recipients.length === 1 ? recipients[0] : undefined;
