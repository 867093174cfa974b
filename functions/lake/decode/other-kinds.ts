/** Names records of other AWS services that lie in the raw data and are no e-mail events. */
import type { JsonObject, JsonValue } from '../read/record.ts';

/** The name of a record that is known to be no e-mail event, by its own fields; undefined if it is unknown. */
export const otherKind = (fields: JsonObject): string | undefined =>
  OTHERS.find(([, is]) => is(fields))?.[0] ?? ownKind(fields);

const OTHERS: readonly (readonly [kind: string, is: (fields: JsonObject) => boolean])[] = [
  ['cloudtrail', (fields) => isCloudTrail(fields) || isCloudTrail(firstOf(fields.Records))],
  // a text to a phone that AWS End User Messaging has received, and SNS's log of one that it has sent
  ['sms_inbound', ({ originationNumber, messageBody }) => isText(originationNumber) && messageBody !== undefined],
  ['sns_sms_delivery', ({ delivery }) => isObject(delivery) && isText(delivery.smsType ?? delivery.phoneCarrier)],
  ['cloudwatch_logs_control', ({ messageType }) => messageType === 'CONTROL_MESSAGE'],
  ['cloudwatch_logs', ({ messageType, logEvents }) => messageType === 'DATA_MESSAGE' && Array.isArray(logEvents)],
  ['cloudwatch_alarm', ({ AlarmName, NewStateValue }) => isText(AlarmName) && isText(NewStateValue)],
];

/** AWS CloudTrail User Guide, "CloudTrail record contents" */
const isCloudTrail = (fields: JsonObject): boolean =>
  isText(fields.eventVersion) && isText(fields.eventSource) && isText(fields.eventName);

/** AWS End User Messaging SMS names its events `TEXT_DELIVERED` and the like; services name the source of a record. */
const ownKind = (fields: JsonObject): string | undefined => {
  const { eventType } = fields;
  if (isText(eventType) && /^(?:TEXT|VOICE|MEDIA|WHATSAPP)_[A-Z_]+$/.test(eventType)) return cut(`sms:${eventType}`);
  const { eventSource: source = firstOf(fields.Records).eventSource } = fields;
  return isText(source) && /^aws:\w+$/.test(source) ? cut(source) : undefined;
};

const isText = (value: JsonValue | undefined): value is string => typeof value === 'string';

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const firstOf = (value: JsonValue | undefined): JsonObject => {
  const first = Array.isArray(value) ? value[0] : undefined;
  return isObject(first) ? first : {};
};

/**
 * Words are counted by name: whatever is in one, it stays short and writable. It is copied, because a part of a text
 * keeps the whole text, which may be megabytes, in memory for as long as the count lives.
 */
export const cut = (word: string): string => Buffer.from(word.slice(0, 100)).toString();
