/** Recognises the plain text that SES writes once when an SNS topic is attached to a configuration set. */
export const SES_TOPIC_VALIDATION = 'Successfully validated SNS topic for Amazon SES event publishing.';
export const TOPIC_VALIDATION = Buffer.from(SES_TOPIC_VALIDATION);

/** Does the text of a topic validation begin at `at`? */
export function isTopicValidation(bytes: Buffer, at: number): boolean {
  return bytes.subarray(at, at + TOPIC_VALIDATION.length).equals(TOPIC_VALIDATION);
}

/** Can what is there, up to the end of the bytes, still become the text of a topic validation? */
export function mayBeTopicValidation(bytes: Buffer, at: number): boolean {
  const there = bytes.subarray(at, at + TOPIC_VALIDATION.length);
  return there.equals(TOPIC_VALIDATION.subarray(0, there.length));
}
