/** What SES writes once when an SNS topic is attached to a configuration set: plain text among the events. */
export const SES_TOPIC_VALIDATION = 'Successfully validated SNS topic for Amazon SES event publishing.';
export const SENTENCE = Buffer.from(SES_TOPIC_VALIDATION);

/** Does the sentence begin at `at`? */
export function isSentence(bytes: Buffer, at: number): boolean {
  return bytes.subarray(at, at + SENTENCE.length).equals(SENTENCE);
}

/** Can what is there, up to the end of the bytes, still become the sentence? */
export function maybeSentence(bytes: Buffer, at: number): boolean {
  const there = bytes.subarray(at, at + SENTENCE.length);
  return there.equals(SENTENCE.subarray(0, there.length));
}
