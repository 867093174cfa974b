/** The parsers that both decoders share, with a memory of repeated texts. */
import type { Settings } from '../settings.ts';
import { type Address, parseAddresses } from './address.ts';
import { type Agent, parseAgent } from './agent.ts';
import { type Identity, parseIdentity } from './arn.ts';
import { type Link, parseLink } from './link.ts';
import { makeTagColumns, type TagColumns } from './tags.ts';

/** What the decoders of both sources share, with what it remembers; one set for each decoder made. */
export interface Parsers {
  /** the first address of a header such as From; undefined if it is empty */
  sender(text: string): Address | undefined;
  agent(userAgent: string): Agent;
  link(link: string): Link;
  identity(arn: string): Identity;
  tags: TagColumns;
}

export const makeParsers = (settings: Settings): Parsers => ({
  sender: remembered((text) => parseAddresses(text, 1).at(0)),
  agent: remembered(parseAgent),
  link: remembered(parseLink),
  identity: remembered(parseIdentity, 256),
  tags: makeTagColumns(settings),
});

/**
 * The same function, remembering what it made of short texts: user agents, From headers and links repeat by the
 * thousand. Bounded by forgetting everything at once, which costs less than keeping score of use.
 */
export const remembered = <V>(make: (text: string) => V, limit = 4096): ((text: string) => V) => {
  const known = new Map<string, V>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const made = make(text);
    if (text.length <= 2048) {
      if (known.size >= limit) known.clear();
      known.set(text, made);
    }
    return made;
  };
};
