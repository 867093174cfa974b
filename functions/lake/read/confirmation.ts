/** What SES writes once when an SNS topic is attached to a configuration set: plain text among the events. */
export const SES_TOPIC_VALIDATION = 'Successfully validated SNS topic for Amazon SES event publishing.';
