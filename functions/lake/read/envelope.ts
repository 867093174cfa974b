/** Takes events out of SNS, EventBridge and other envelopes, which may be nested. */
import { type Refusal, refusal } from '../vocabulary.ts';
import { BASE64, EventSearch, type Found, type SearchLimits, type SplitInner } from './event-search.ts';
import { isGzip } from './gzip.ts';
import { elementTexts, isTooDeep, memberText, parseJson } from './json.ts';
import { isOwnEvent, looksLikeEvent } from './marks.ts';
import type { JsonObject, JsonValue, Place, RecordPlace, RecordVisitor, TextEnvelope } from './record.ts';

/**
 * Takes the values of an object as the splitter finds them and passes on what is inside their envelopes. SNS, EventBridge
 * and Firehose's error records are known by name and taken off to a depth of three; any other value that is no event is
 * searched for events inside (event-search.ts), so that it doesn't matter what AWS or a log shipper has wrapped them in. An
 * envelope may hold several events; each is a record with an ordinal of its own and the place of the whole. What holds
 * none is passed as it is; what bears the marks of an event and can't be read is rejected as `unknown_envelope`.
 *
 * The text that goes with an inner value is the string it was parsed from, or the part of the outer text that it is.
 */
export class Unwrapper implements RecordVisitor {
  /** counted so far */
  records = 0;
  readonly #visitor: RecordVisitor;
  readonly #place: RecordPlace;
  readonly #depth: number;
  readonly #split: SplitInner;
  readonly #search: EventSearch;
  /** the outermost envelope, while what its text holds is looked at */
  #textEnvelope: TextEnvelope | null = null;

  /**
   * @param place the one that the splitter points at each record; its ordinal is counted here
   * @param limits of a record
   */
  constructor(visitor: RecordVisitor, place: RecordPlace, limits: SearchLimits, split: SplitInner) {
    this.#visitor = visitor;
    this.#place = place;
    this.#depth = limits.depth;
    this.#split = split;
    this.#search = new EventSearch(limits, split, (value) => isObject(value) && envelopeOf(value) !== undefined);
  }

  record(value: JsonValue, text: string): void {
    this.#place.isBare = isOwnEvent(value);
    this.#place.textEnvelope = null;
    this.#textEnvelope = null;
    if (this.#place.isBare) this.#visitor.record(value, text, this.#counted());
    else this.#unwrap(value, text, 0);
  }

  skip(kind: string): void {
    this.#visitor.skip(kind, this.#counted());
  }

  reject(rejection: Refusal): void {
    this.#visitor.reject(rejection, this.#counted());
  }

  #counted(): Place {
    return this.#place.number(this.records++);
  }

  /** @param level envelopes around the value that have been taken off */
  #unwrap(value: JsonValue, text: string, level: number): void {
    if (isOwnEvent(value)) {
      this.#place.textEnvelope = level === 1 ? this.#textEnvelope : null;
      this.#visitor.record(value, text, this.#counted());
      return;
    }
    const envelope = isObject(value) ? envelopeOf(value) : undefined;
    if (envelope === undefined || !isObject(value)) {
      this.#emit(this.#search.find(value, text), level, () => this.#strange(value, text));
    } else if (envelope.is === 'control') {
      this.skip(envelope.kind);
    } else if (level === MAX_ENVELOPES) {
      this.reject(refusal('too_deep', `more than ${MAX_ENVELOPES} envelopes around an event`));
    } else if (envelope.is === 'message') {
      if (level === 0) this.#textEnvelope = { text, key: 'Message' };
      this.#open(value.Message, text, level);
    } else if (envelope.is === 'eventBridge') {
      this.#openDetail(value, text, level);
    } else {
      this.#unwrapFirehoseError(value, level);
    }
  }

  #emit(found: readonly Found[], level: number, otherwise: () => void): void {
    if (found.length === 0) {
      otherwise();
      return;
    }
    // base64 hides what is in it
    this.#place.hasEscapes = true;
    for (const one of found) {
      if (one.is === 'record') this.#unwrap(one.value, one.text, level);
      else if (one.is === 'skip') this.skip(one.kind);
      else this.reject(one.rejection);
    }
  }

  /** No event, and none inside. What says its own type as SES does, beside a mail, is for the decoder to judge. */
  #strange(value: JsonValue, text: string): void {
    const isTyped =
      isObject(value) && value.mail !== undefined && (value.eventType ?? value.notificationType) !== undefined;
    if (!isTyped && looksLikeEvent(text)) {
      this.reject(refusal('unknown_envelope', 'the marks of a mail event, in an envelope that is not known'));
    } else this.#visitor.record(value, text, this.#counted());
  }

  /** What SNS carries: JSON in a string, or as it is; an array is several. */
  #open(content: JsonValue | undefined, outer: string, level: number): void {
    if (typeof content === 'string') {
      const parsed = parseJson(content);
      if (parsed === undefined) {
        this.#emit(this.#search.findInText(content), level + 1, () =>
          this.reject(refusal('json', `Message holds no JSON: ${content.slice(0, 200)}`)),
        );
      } else if (isTooDeep(parsed.text, this.#depth)) {
        this.reject(refusal('too_deep', `Message is nested deeper than ${this.#depth}`));
      } else this.#each(parsed.value, parsed.text, level);
    } else if (typeof content === 'object' && content !== null) {
      this.#each(content, memberText(outer, 'Message') ?? '', level);
    } else {
      this.reject(refusal('json', `Message holds no event: ${content}`));
    }
  }

  #each(content: JsonValue, text: string, level: number): void {
    if (!Array.isArray(content) || content.length === 0) {
      this.#unwrap(content, text, level + 1);
      return;
    }
    const texts = elementTexts(text);
    for (const [index, element] of content.entries()) this.#unwrap(element, texts[index] ?? '', level + 1);
  }

  /** An event in `detail`, as an object or a string; or something else that its bus carries, known by its own name. */
  #openDetail(value: JsonObject, text: string, level: number): void {
    const detail = value.detail ?? null;
    const detailText = memberText(text, 'detail') ?? '';
    if (isOwnEvent(detail) || (isObject(detail) && envelopeOf(detail) !== undefined)) {
      this.#unwrap(detail, detailText, level + 1);
      return;
    }
    this.#emit(this.#search.find(detail, detailText), level + 1, () => {
      if (!looksLikeEvent(detailText)) this.skip(eventBridgeKind(value));
      else this.reject(refusal('unknown_envelope', 'the marks of a mail event in an EventBridge detail'));
    });
  }

  /** What Firehose could not deliver (Firehose, "Data delivery failure handling"): the bytes it had got, in base64. */
  #unwrapFirehoseError(value: JsonObject, level: number): void {
    const raw = value.rawData;
    const bytes = typeof raw === 'string' && BASE64.test(raw) ? Buffer.from(raw, 'base64') : undefined;
    const why = `Firehose gave up: ${plainText(value.errorCode)} ${plainText(value.errorMessage)}`;
    if (bytes === undefined || bytes.length === 0) {
      this.reject(refusal('firehose_error', `rawData is no base64 data. ${why}`));
      return;
    }
    if (isGzip(bytes)) {
      this.#emit(this.#search.findInBytes(bytes), level + 1, () =>
        this.reject(refusal('firehose_error', `rawData holds no event. ${why}`)),
      );
      return;
    }
    // base64 hides what is in them
    this.#place.hasEscapes = true;
    const found = this.#split(bytes, {
      record: (inner, text) => this.#unwrap(inner, text, level + 1),
      skip: (kind) => this.skip(kind),
      reject: (rejection) =>
        this.reject(rejection.reason === 'json' ? refusal('firehose_error', `${rejection.detail}. ${why}`) : rejection),
    });
    if (!found) this.reject(refusal('firehose_error', `rawData holds no JSON. ${why}`));
  }
}

const MAX_ENVELOPES = 3;

type Envelope =
  | { is: 'message' | 'eventBridge' | 'firehoseError' }
  /** no event inside, but known */
  | { is: 'control'; kind: string };

const MESSAGE: Envelope = { is: 'message' };
const EVENT_BRIDGE: Envelope = { is: 'eventBridge' };
const FIREHOSE_ERROR: Envelope = { is: 'firehoseError' };
const EMPTY: Envelope = { is: 'control', kind: 'empty_envelope' };
const CONFIRMATIONS: ReadonlyMap<JsonValue | undefined, Envelope> = new Map([
  ['SubscriptionConfirmation', { is: 'control', kind: 'sns_subscription_confirmation' }],
  ['UnsubscribeConfirmation', { is: 'control', kind: 'sns_unsubscribe_confirmation' }],
]);
const TYPE_WORDS = ['eventType', 'notificationType', 'event_type'];

/** Which envelope an object is, undefined for none that is known by name. What has a type word of its own is none. */
function envelopeOf(value: JsonObject): Envelope | undefined {
  if (TYPE_WORDS.some((name) => typeof value[name] === 'string')) return undefined;
  const confirmation = CONFIRMATIONS.get(value.Type);
  if (confirmation !== undefined) return confirmation;
  if (value.Message !== undefined && (value.Type === 'Notification' || typeof value.TopicArn === 'string')) {
    return MESSAGE;
  }
  if (Array.isArray(value.Records) && value.Records.length === 0) return EMPTY;
  if (typeof value['detail-type'] === 'string' && typeof value.source === 'string') return EVENT_BRIDGE;
  if (value.attemptsMade !== undefined && (value.rawData !== undefined || value.errorCode !== undefined)) {
    return FIREHOSE_ERROR;
  }
  return undefined;
}

/** By the bus's word for what it carries: SES's own by type (advisor, sending status), others by their source. */
function eventBridgeKind({ source, 'detail-type': type }: JsonObject): string {
  return `eventbridge:${String(source === 'aws.ses' ? type : source).slice(0, 100)}`;
}

/** For a message. An object could hold anything under `toString`, which a template would call. */
function plainText(value: JsonValue | undefined): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
