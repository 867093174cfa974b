/** Puts a keyed hash in the place of each address, in lists of addresses and in any text, however it is encoded there. */
import type { KeyedHash } from '../ports.ts';
import { domainOf, isPlainAddress, parseAddresses } from './address.ts';
import { AddressTexts, ERASED, mayHold } from './address-texts.ts';
import { decodedWords } from './encoded-words.ts';
import { remembered } from './parsers.ts';

/**
 * Writes `<32 hex digits>_@domain` for an address: the HMAC-SHA-256 of what recipient_key would be. So equal addresses in any
 * spelling that recipient_key joins have equal hashes, and all that goes by domains works on. The `_` is there so that who
 * searches for `ed@example.org` doesn't find a hash that ends in `ed`. An address without a domain that can be read is the hash
 * alone.
 */
export class Pseudonyms extends AddressTexts {
  readonly #hash: KeyedHash;
  readonly #known: (key: string) => string;
  readonly #knownTexts: (text: string) => string;
  readonly #knownPeople: (text: string) => string;

  constructor(hash: KeyedHash) {
    super();
    this.#hash = hash;
    this.#known = remembered((key) => this.#make(key), 1 << 14);
    this.#knownTexts = remembered((text) => this.replaceAll(text));
    this.#knownPeople = remembered((text) => this.#list(text), 1 << 14);
  }

  /** @param key an address alone, without a display name */
  address(key: string): string {
    return this.#known(key.toLowerCase());
  }

  /** Of a list of addresses the hashes alone: names beside them are names of persons. */
  people(text: string): string {
    return text.trim() === '' ? text : this.#knownPeople(text);
  }

  text(text: string): string {
    return mayHold(text) ? this.#knownTexts(text) : text;
  }

  protected override meant(text: string): string {
    return super.meant(decodedWords(text));
  }

  protected instead(address: string, at: string): string {
    const [hex = '', domain] = this.address(address).split('@');
    return domain === undefined ? hex : hex + at + domain;
  }

  #make(key: string): string {
    const domain = isPlainAddress(key) ? key.slice(key.lastIndexOf('@') + 1) : domainOf(key);
    return domain === null ? this.#hash.hex(key) : `${this.#hash.hex(key)}_@${domain}`;
  }

  #list(text: string): string {
    return parseAddresses(text)
      .map(({ address, given }) => address || given)
      .map((key) => (key === ERASED ? ERASED : this.address(key)))
      .join(', ');
  }
}
