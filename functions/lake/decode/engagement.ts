/** Fills the columns that opens and clicks share: IP address, user agent, bot verdict, link. */
import type { Draft } from './draft.ts';
import { type Field, type JsonFields, jsonUnlessEmpty, wordOf } from './fields.ts';
import type { Parsers } from './parsers.ts';

/** Fills who opened or clicked, by which program. Address and agent stay as given: the event's id rests on them. */
export const takeAgent = (draft: Draft, parsers: Parsers, ip: string | null, userAgent: string | null): void => {
  const { event } = draft;
  event.ip_address = ip;
  event.user_agent = userAgent;
  if (userAgent === null) return;
  const agent = parsers.agent(userAgent);
  event.client_name = agent.client;
  event.device_class = agent.device;
  event.is_bot_agent = agent.isBot;
};

/** SES writes `Likely` or `Unlikely`; another word stays as it is. Without the field there is no verdict. */
export const botVerdictOf = (value: Field, path: string): string | null => {
  const word = wordOf(value, path)?.trim() || null;
  return word === null ? null : (VERDICTS.get(word.toLowerCase()) ?? word);
};

const VERDICTS: ReadonlyMap<string, string> = new Map([
  ['likely', 'Likely'],
  ['true', 'Likely'],
  ['unlikely', 'Unlikely'],
  ['false', 'Unlikely'],
]);

/** The tag that SES and Pinpoint put on an unsubscribe link. */
const UNSUBSCRIBE_TAG = 'unsubscribeLinkTag';

export const takeLink = (draft: Draft, link: string | null, tags: JsonFields | null): void => {
  draft.isClick = true;
  draft.event.link = link;
  draft.linkTags = jsonUnlessEmpty(tags);
  draft.event.is_unsubscribe = tags !== null && Object.hasOwn(tags, UNSUBSCRIBE_TAG);
};
