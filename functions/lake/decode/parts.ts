import type { Settings } from '../settings.ts';
import { type Address, parseAddresses } from './address.ts';
import { type Agent, parseAgent } from './agent.ts';
import { type Identity, parseIdentity } from './arn.ts';
import { remembered } from './cache.ts';
import { type Link, parseLink } from './link.ts';
import { makeTagColumns, type TagColumns } from './tags.ts';

/** What the decoders of both sources share, with what it remembers; one set for each decoder made. */
export interface Parts {
  /** the first address of a header such as From; undefined if it is empty */
  sender(text: string): Address | undefined;
  agent(userAgent: string): Agent;
  link(link: string): Link;
  identity(arn: string): Identity;
  tags: TagColumns;
}

export const makeParts = (settings: Settings): Parts => ({
  sender: remembered((text) => parseAddresses(text, 1).at(0)),
  agent: remembered(parseAgent),
  link: remembered(parseLink),
  identity: remembered(parseIdentity, 256),
  tags: makeTagColumns(settings.tags),
});
