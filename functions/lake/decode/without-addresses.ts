/** Takes addresses out of what is told: answers of servers, errors, and whatever quotes data. */
import { AddressTexts, mayHold } from './address-texts.ts';

class Mask extends AddressTexts {
  readonly #word: string;

  constructor(word: string) {
    super();
    this.#word = word;
  }

  people(text: string): string {
    return this.text(text);
  }

  text(text: string): string {
    return mayHold(text) ? this.replaceAll(text) : text;
  }

  protected instead(): string {
    return this.#word;
  }
}

const SHOWN = new Mask('<address>');
const LOGGED = new Mask('…@…');

/** A text that is shown or kept, with a word in the place of each address, however it is encoded there. */
export const withoutAddresses = (text: string): string => SHOWN.text(text);

/**
 * The words of an error, without addresses and without quoted data: whatever stands in backticks, and from the first double quote
 * to the last, as what is quoted may hold some itself, and begin or end within an address.
 */
export const withoutPeople = (text: string): string =>
  LOGGED.text(text.replace(/".*"/gs, '"…"').replace(/`[^`]*`/g, '"…"'));
