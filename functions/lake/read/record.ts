/** The types of a record that was read: its value, its place, and why it was rejected. */
import type { Refusal } from '../vocabulary.ts';

export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };
export type JsonObject = { [key: string]: JsonValue };

/** Where in its object a record lies. Valid during the visit only: one instance is used again and again. */
export interface Place {
  /** position among the object's records, from 0; counts accepted, skipped and rejected ones alike */
  readonly ordinal: number;
  /** ordinal of the first record of the outermost JSON value: an envelope may hold several */
  readonly first: number;
  /** first byte of the outermost JSON value, in the decompressed object */
  readonly offset: number;
  /** its length in bytes */
  readonly length: number;
  /**
   * False: no `\u` is in the record's bytes, nor in any text within its envelopes, so that all its text is well-formed
   * Unicode as its UTF-8 was. Anything else says nothing. Looking for it here, in a megabyte at a time, takes a tenth of
   * what looking through each record takes (0.3 s of 200,000).
   */
  readonly hasEscapes?: boolean;
  /** the record came in no envelope */
  readonly isBare?: boolean;
  /** the one envelope that the record was a text of */
  readonly textEnvelope?: TextEnvelope | null;
  /** a copy of the bytes, at most `limit` of them */
  raw(limit: number): Uint8Array;
}

/** The text of an envelope's field, where a record is all that the text holds. */
export interface TextEnvelope {
  /** the envelope's JSON */
  text: string;
  key: string;
}

/** Reads records from their bytes, if it knows their shape. */
export interface KnownReader {
  /** One behind the record that begins at `start`; −1 if it isn't known. */
  match(bytes: Buffer, start: number): number;
  /** Takes the record matched last, which is UTF-8. False if it has to be parsed: then nothing has happened. */
  read(ordinal: number): boolean;
}

/** Called with each record of an object, in order. Each call is one record of the counting law. */
export interface RecordVisitor {
  /** an innermost value, out of all envelopes; `text` is the JSON it was parsed from, for exact numbers */
  record(value: JsonValue, text: string, place: Place): void;
  /** something known that is no event, such as `sns_subscription_confirmation` */
  skip(kind: string, place: Place): void;
  /** something that can't be read */
  reject(rejection: Refusal, place: Place): void;
}

/** The one Place of an object, pointed at record after record. */
export class RecordPlace implements Place {
  #isFresh = true;
  ordinal = 0;
  first = 0;
  offset = 0;
  length = 0;
  hasEscapes = true;
  isBare = false;
  textEnvelope: TextEnvelope | null = null;
  #bytes: Uint8Array = new Uint8Array(0);
  #from = 0;
  #to = 0;

  /** `bytes[from]…bytes[to - 1]` is what is at hand of the record: all of it, or the beginning if it was too large. */
  point(offset: number, length: number, bytes: Uint8Array, from: number, to: number): void {
    this.offset = offset;
    this.length = length;
    this.#bytes = bytes;
    this.#from = from;
    this.#to = to;
    this.#isFresh = true;
  }

  /** Numbers the next record, which lies where this points. */
  number(ordinal: number): this {
    this.ordinal = ordinal;
    if (this.#isFresh) this.first = ordinal;
    this.#isFresh = false;
    return this;
  }

  raw(limit: number): Uint8Array {
    return new Uint8Array(this.#bytes.subarray(this.#from, Math.min(this.#from + limit, this.#to)));
  }
}
