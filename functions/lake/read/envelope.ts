import { Rejection } from '../vocabulary.ts';
import { elementTexts, isTooDeep, memberText, parseJson } from './json.ts';
import type { JsonObject, JsonValue, Place, RecordPlace, RecordVisitor } from './record.ts';
import { SES_TOPIC_VALIDATION } from './topic-validation.ts';

/** Splits bytes that came inside an envelope; true if there was any record among them. */
export type SplitInner = (bytes: Buffer, visitor: RecordVisitor) => boolean;

/**
 * Takes the values of an object as the splitter finds them and passes on what is inside their envelopes, to a depth of
 * three: SNS, SQS, Lambda's records of both, EventBridge, and Firehose's error records. An envelope may hold several
 * events; each is a record with an ordinal of its own and the place of the whole. What is no envelope is passed as it is.
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

  /**
   * @param place the one that the splitter points at each record; its ordinal is counted here
   * @param depth nesting allowed in a value
   */
  constructor(visitor: RecordVisitor, place: RecordPlace, depth: number, split: SplitInner) {
    this.#visitor = visitor;
    this.#place = place;
    this.#depth = depth;
    this.#split = split;
  }

  record(value: JsonValue, text: string): void {
    this.#unwrap(value, text, 0);
  }

  skip(kind: string): void {
    this.#visitor.skip(kind, this.#counted());
  }

  reject(rejection: Rejection): void {
    this.#visitor.reject(rejection, this.#counted());
  }

  #counted(): Place {
    return this.#place.number(this.records++);
  }

  /** @param level envelopes around the value that have been taken off */
  #unwrap(value: JsonValue, text: string, level: number): void {
    const envelope = isObject(value) ? envelopeOf(value) : undefined;
    if (envelope === undefined || !isObject(value)) {
      this.#visitor.record(value, text, this.#counted());
    } else if (envelope.is === 'control') {
      this.skip(envelope.kind);
    } else if (level === MAX_ENVELOPES) {
      this.reject(new Rejection('too_deep', `more than ${MAX_ENVELOPES} envelopes around an event`));
    } else if (envelope.is === 'message') {
      this.#open(value[envelope.key], text, envelope.key, level);
    } else if (envelope.is === 'firehoseError') {
      this.#unwrapFirehoseError(value, level);
    } else {
      this.#openRecords(value, text, level);
    }
  }

  /** The content of an envelope: JSON in a string, or as it is; an array is several. */
  #open(content: JsonValue | undefined, outer: string, key: string, level: number): void {
    if (typeof content === 'string') {
      const parsed = parseJson(content);
      if (parsed === undefined) {
        if (content.trim() === SES_TOPIC_VALIDATION) this.skip('ses_topic_validation');
        else this.reject(new Rejection('json', `${key} holds no JSON: ${content.slice(0, 200)}`));
      } else if (isTooDeep(parsed.text, this.#depth)) {
        this.reject(new Rejection('too_deep', `${key} is nested deeper than ${this.#depth}`));
      } else this.#each(parsed.value, parsed.text, level);
    } else if (typeof content === 'object' && content !== null) {
      this.#each(content, memberText(outer, key) ?? '', level);
    } else {
      this.reject(new Rejection('json', `${key} holds no event: ${content}`));
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

  /** Lambda's `{"Records": […]}`: its elements are SNS or SQS messages and make one envelope with it. */
  #openRecords(value: JsonObject, text: string, level: number): void {
    const records = value.Records;
    if (!Array.isArray(records) || records.length === 0) {
      this.skip('empty_envelope');
      return;
    }
    const texts = elementTexts(memberText(text, 'Records') ?? '');
    for (const [index, record] of records.entries()) {
      const recordText = texts[index] ?? '';
      const sns = isObject(record) ? record.Sns : undefined;
      if (isObject(sns)) {
        const snsText = memberText(recordText, 'Sns') ?? '';
        if (sns.Message === undefined) this.#unwrap(sns, snsText, level + 1);
        else this.#open(sns.Message, snsText, 'Message', level);
        continue;
      }
      const envelope = isObject(record) ? envelopeOf(record) : undefined;
      if (envelope?.is === 'message' && isObject(record))
        this.#open(record[envelope.key], recordText, envelope.key, level);
      else this.#unwrap(record, recordText, level + 1);
    }
  }

  /** What Firehose could not deliver (Firehose, "Data delivery failure handling"): the bytes it had got, in base64. */
  #unwrapFirehoseError(value: JsonObject, level: number): void {
    const raw = value.rawData;
    const bytes = typeof raw === 'string' && BASE64.test(raw) ? Buffer.from(raw, 'base64') : undefined;
    const why = `Firehose gave up: ${plainText(value.errorCode)} ${plainText(value.errorMessage)}`;
    if (bytes === undefined || bytes.length === 0) {
      this.reject(new Rejection('firehose_error', `rawData is no base64 data. ${why}`));
      return;
    }
    // base64 hides what is in them
    this.#place.hasEscapes = true;
    const found = this.#split(bytes, {
      record: (inner, text) => this.#unwrap(inner, text, level + 1),
      skip: (kind) => this.skip(kind),
      reject: (rejection) =>
        this.reject(
          rejection.reason === 'json' ? new Rejection('firehose_error', `${rejection.detail}. ${why}`) : rejection,
        ),
    });
    if (!found) this.reject(new Rejection('firehose_error', `rawData holds no JSON. ${why}`));
  }
}

const MAX_ENVELOPES = 3;
/** Nothing in it can be read in two ways, so that a text that is no base64 at its very end is still refused in one pass. */
const BASE64 = /^[A-Za-z0-9+/\s]+(?:={1,2}\s*)?$/;

type Envelope =
  | { is: 'message'; key: string }
  | { is: 'records' }
  | { is: 'firehoseError' }
  /** no event inside, but known */
  | { is: 'control'; kind: string };

const RECORDS: Envelope = { is: 'records' };
const FIREHOSE_ERROR: Envelope = { is: 'firehoseError' };
const MESSAGE: Envelope = { is: 'message', key: 'Message' };
const DETAIL: Envelope = { is: 'message', key: 'detail' };
const CONFIRMATIONS: ReadonlyMap<JsonValue | undefined, Envelope> = new Map([
  ['SubscriptionConfirmation', { is: 'control', kind: 'sns_subscription_confirmation' }],
  ['UnsubscribeConfirmation', { is: 'control', kind: 'sns_unsubscribe_confirmation' }],
]);

/** Which envelope an object is, undefined for none. Events themselves are recognised first: they are nearly all. */
function envelopeOf(value: JsonObject): Envelope | undefined {
  if (typeof value.event_type === 'string' || typeof value.eventType === 'string') return undefined;
  if (typeof value.notificationType === 'string') return undefined;
  const confirmation = CONFIRMATIONS.get(value.Type);
  if (confirmation !== undefined) return confirmation;
  if (value.Message !== undefined && (value.Type === 'Notification' || typeof value.TopicArn === 'string')) {
    return MESSAGE;
  }
  if (Array.isArray(value.Records)) return RECORDS;
  if (typeof value['detail-type'] === 'string' && typeof value.source === 'string') {
    if (value.source !== 'aws.ses') return { is: 'control', kind: `eventbridge:${value.source.slice(0, 100)}` };
    return value.detail === undefined ? undefined : DETAIL;
  }
  if (value.attemptsMade !== undefined && (value.rawData !== undefined || value.errorCode !== undefined)) {
    return FIREHOSE_ERROR;
  }
  const body = BODIES.find((key) => value[key] !== undefined);
  return body !== undefined && isSqsMessage(value, value[body]) ? { is: 'message', key: body } : undefined;
}

const BODIES = ['Body', 'body'];
const SQS_MARKS = ['MessageId', 'messageId', 'ReceiptHandle', 'receiptHandle', 'MD5OfBody', 'md5OfBody'];

/** A body alone could be anyone's field: it takes a mark of SQS, or content that can only be a message. */
function isSqsMessage(value: JsonObject, body: JsonValue | undefined): boolean {
  if (isObject(body) || (typeof body === 'string' && body.trimStart().startsWith('{'))) return true;
  return SQS_MARKS.some((mark) => value[mark] !== undefined);
}

/** For a message. An object could hold anything under `toString`, which a template would call. */
function plainText(value: JsonValue | undefined): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
