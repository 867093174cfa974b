/** Columns that mean the same in several tables. */
import { bigint, required, string, timestamp } from './table.ts';

const few = { storage: 'dictionary' } as const;

export const source = required(string('`pinpoint` or `ses`.', few));
export const feed = required(
  string(
    'How the event was published: `event_publishing`, `notification` (legacy identity feedback) or `pinpoint`.',
    few,
  ),
);
export const message_id = required(
  string("The mail service's id of the message.", { storage: 'delta', person: 'mail' }),
);
export const recipient = string('The address as given; NULL where the event names none or several share it.', {
  person: 'address',
});
export const recipient_key = string(
  'The address without display name and outer spaces, in lower case: what counting goes by.',
  { person: 'address' },
);
export const recipient_domain = string('The domain of recipient_key, in ASCII (IDNA); NULL if there is none.', few);
export const sent_at = timestamp('When the message was sent.', { storage: 'delta' });
export const configuration_set = string('The SES configuration set.', few);
export const origin = {
  campaign_id: string('Pinpoint campaign, or the tag that means one.', few),
  campaign_activity_id: string('Pinpoint campaign activity.', few),
  treatment_id: string('A/B treatment; `0` when there is no test.', few),
  journey_id: string('Pinpoint journey.', few),
  journey_run_id: string('Run of the journey.', few),
  journey_activity_id: string('Activity within the journey.', few),
};
/** Appended to tables that were there before it: a table's columns keep their order. */
export const tenancy = {
  tenant: string('The SES tenant that the mail was sent for (tag `ses:tenant-name`), or the tag that means one.', few),
};
/** What the tags that a user names in the setting `dimensions` say, in that order. */
export const dimensions = {
  dimension_1: string('Value of the tag that is named first in the setting `dimensions`.', few),
  dimension_2: string('Value of the tag that is named second in the setting `dimensions`.', few),
  dimension_3: string('Value of the tag that is named third in the setting `dimensions`.', few),
  dimension_4: string('Value of the tag that is named fourth in the setting `dimensions`.', few),
  dimension_5: string('Value of the tag that is named fifth in the setting `dimensions`.', few),
};
export const bot_verdict = string(
  "SES's own verdict on whether a machine opened or clicked (`isBotEvent`): `Likely` or `Unlikely`; NULL where it gives none.",
  few,
);
export const lineage = {
  attempt: required(
    string('The transform attempt that wrote the row: `<unit>.<version>`.', { storage: 'dictionary', lineage: true }),
  ),
  source_key: required(
    string('Key of the raw object; behind `@` and a name if it is of a further raw source.', {
      storage: 'dictionary',
      lineage: true,
    }),
  ),
  source_ordinal: required(
    bigint('Position of the record in the raw object, from 0.', { storage: 'delta', lineage: true }),
  ),
};
export const agent = {
  ip_address: string('The address that opened or clicked.', { person: 'ip' }),
  user_agent: string('The user agent, as reported.', few),
  client_name: string('Mail client or browser, from the user agent.', few),
  device_class: string('`desktop`, `mobile`, `tablet`, `tv` or `bot`; NULL if unknown.', few),
};
