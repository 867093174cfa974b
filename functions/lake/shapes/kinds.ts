/**
 * Says what the decoder does with the value at each path: which values decide what rows there are, and which are parsed.
 * Every other text is passed on unchanged, into a column, a header's value, tags or extras. Which column that is, the
 * decoder shows when it is run with markers: values that are valid in that place and can't occur otherwise.
 */
import { isOfPeople } from '../decode/address-texts.ts';
import type { JsonObject, JsonValue } from '../read/record.ts';
import { INTEGER, type Leaf } from './shapes.ts';

/** Values that are words of a vocabulary: they belong to the shape. */
const FIXED =
  /^(?:eventType|event_type|notificationType|Type|source|detail-type)$|headers\[\d+\]\.name$|\.bounce_?[tT]ype$|isBotEvent$|[sS]ubscriptionStatus$/;

const TIME =
  /^(?:mail|delivery|bounce|open|click|complaint|deliveryDelay|subscription)\.timestamp$|^complaint\.arrivalDate$|^deliveryDelay\.expirationTime$|^(?:event_timestamp|arrival_timestamp)$|\.(?:message_send_timestamp|arrival_date)$/;

const ADDRESS =
  /(?:^|\.)(?:destination|recipients)(?:\[\d+\])*$|(?:bounced|complained|delayed)(?:R|_r)ecipients(?:\[\d+\])*(?:\.(?:emailAddress|email_address)(?:\[\d+\])*)?$/;

const SENDER = /^mail\.source$|\.common_?[hH]eaders\.from(?:\[\d+\])?$|\.from_address$/;
const WORDS = /\.common_?[hH]eaders\.(?:subject|reply_?[tT]o(?:\[\d+\])?)$/;
const IDENTITY = /^mail\.sourceArn$/;
const AGENT = /\.user_?[aA]gent$/;
const LINK = /\.click\.link$|^click\.link$/;
const DOMAIN = /^(?:mail\.tags|attributes)\.ses:from-domain(?:\[\d+\])?$/;
const HEADER_VALUE = /headers\[\d+\]\.value$/;

export type Kind =
  | 'integer'
  | 'time'
  | 'address'
  | 'sender'
  | 'words'
  | 'identity'
  | 'domain'
  | 'agent'
  | 'link'
  | 'text';

/** How addresses in a value are hashed where they are (decode/pseudonyms.ts); null: it can hold none. */
export function wayOf({ path, route }: Leaf, kind: Kind, record: JsonObject): 'address' | 'people' | 'text' | null {
  if (kind === 'integer' || kind === 'time') return null;
  if (kind === 'address') return kind;
  if (HEADER_VALUE.test(path)) return isOfPeople(headerNameOf(route, record)) ? 'people' : 'text';
  return kind === 'words' && !path.endsWith('subject') ? 'people' : 'text';
}

export const isFixed = (path: string): boolean => FIXED.test(path);

export function kindOf({ path, kind, route }: Leaf, record: JsonObject): Kind {
  if (kind === INTEGER) return 'integer';
  if (TIME.test(path)) return 'time';
  if (ADDRESS.test(path)) return 'address';
  if (SENDER.test(path)) return 'sender';
  if (WORDS.test(path)) return 'words';
  if (IDENTITY.test(path)) return 'identity';
  if (DOMAIN.test(path)) return 'domain';
  if (AGENT.test(path)) return 'agent';
  if (LINK.test(path)) return 'link';
  if (!HEADER_VALUE.test(path)) return 'text';
  // Headers stand in for common headers that aren't there.
  const lower = headerNameOf(route, record);
  if (lower === 'from') return 'sender';
  return lower === 'subject' || lower === 'reply-to' ? 'words' : 'text';
}

/** In lower case. */
function headerNameOf(route: Leaf['route'], record: JsonObject): string {
  const name = valueAt(record, [...route.slice(0, -1), 'name']);
  return typeof name === 'string' ? name.toLowerCase() : '';
}

/** Values of which the decoder makes more, or less, than of a marker: what changes with them rests on this value. */
export const PROBES: Readonly<Partial<Record<Kind, readonly string[]>>> = {
  sender: ['x', '"N" <q@r.example>'],
  words: ['=?utf-8?q?x?='],
  identity: ['x', 'arn:aws:ses:::identity/x'],
  domain: ['x.example', '?'],
  agent: [
    'Mozilla/5.0',
    'Googlebot/2.1 (+http://www.google.com/bot.html)',
    'Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0',
  ],
  link: ['https://h.example/p?utm_source=a&utm_medium=b&utm_campaign=c&utm_term=d&utm_content=e'],
};

export type Marker = string | number;

const INTEGERS = 600_000_000_000_000;
const TIMES = Date.UTC(2031, 0, 1);

/** @param group number of the address among those of the record: addresses that are the same have the same marker */
export function markerOf(kind: Kind, n: number, group: number): Marker {
  switch (kind) {
    case 'integer':
      return INTEGERS + n;
    case 'time':
      return new Date(TIMES + n * 1000).toISOString();
    case 'address':
      return `M${group}M@D${group}D.example`;
    case 'sender':
      return `M${n}S@D${n}S.example`;
    case 'identity':
      return `arn:aws:ses:Mk${n}Rzz:Mk${n}Azz:identity/Mk${n}Izz`;
    default:
      return `Mk${n}Zz`;
  }
}

/**
 * Every marker and its parts, whatever the case of their letters: they must be found again behind all that the decoder
 * does to texts. A record that holds such a text itself teaches nothing.
 */
export const MARKER =
  /mk\d+[rai]?zz|m\d+m@d\d+d\.example|m\d+s@d\d+s\.example|d\d+[ds]\.example|600000000000\d{3}|1924992\d{6}|2031-01-01t[\d:.]+z/gi;

export const isMarked = (text: string): boolean => text.search(MARKER) >= 0;

export const timeOfMarker = (n: number): number => TIMES + n * 1000;

export function valueAt(record: JsonValue, route: readonly (string | number)[]): JsonValue | undefined {
  let value: JsonValue | undefined = record;
  for (const step of route) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Array.isArray(value) ? value[Number(step)] : value[step];
  }
  return value;
}

export function setValue(record: JsonObject, route: readonly (string | number)[], value: Marker): void {
  const parent = valueAt(record, route.slice(0, -1));
  const last = route.at(-1) ?? '';
  if (Array.isArray(parent)) parent[Number(last)] = value;
  else if (typeof parent === 'object' && parent !== null) parent[last] = value;
}
