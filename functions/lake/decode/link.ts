/** Splits a clicked link into scheme, host, path, query and UTM parameters. */
import type { ClickRow } from '../tables/clicks.ts';

/** A link taken apart, by column; null where there is no such part or it can't be read. */
export type Link = Pick<
  ClickRow,
  | 'link_scheme'
  | 'link_host'
  | 'link_path'
  | 'link_query'
  | `utm_${'source' | 'medium' | 'campaign' | 'term' | 'content'}`
>;

/** By the URL Standard (WHATWG), so as a browser would read it. Never fails: of what is no URL all parts are null. */
export const parseLink = (text: string): Link => {
  const url = URL.canParse(text) ? new URL(text) : null;
  // `example.com:8080/x` parses as a URL of the scheme `example.com`, which is not meant.
  const isUrl = url !== null && !(url.host === '' && url.protocol.includes('.'));
  const query = isUrl ? url.search.slice(1) || null : null;
  const utm = query === null ? NO_UTM : utmOf(query);
  return {
    link_scheme: isUrl ? url.protocol.slice(0, -1) : null,
    link_host: isUrl ? url.hostname || null : null,
    link_path: isUrl ? url.pathname || null : null,
    link_query: query,
    utm_source: utm.get('utm_source') ?? null,
    utm_medium: utm.get('utm_medium') ?? null,
    utm_campaign: utm.get('utm_campaign') ?? null,
    utm_term: utm.get('utm_term') ?? null,
    utm_content: utm.get('utm_content') ?? null,
  };
};

const NO_UTM: ReadonlyMap<string, string | null> = new Map();

/** The first of each utm parameter. `&amp;` between parameters is what sloppy templates make of `&`. */
const utmOf = (query: string): ReadonlyMap<string, string | null> => {
  if (!/utm_/i.test(query)) return NO_UTM;
  const found = new Map<string, string | null>();
  for (const part of query.replaceAll('&amp;', '&').split('&')) {
    const equals = part.indexOf('=');
    if (equals < 0) continue;
    const name = part.slice(0, equals).toLowerCase();
    if (name.startsWith('utm_') && !found.has(name)) found.set(name, decoded(part.slice(equals + 1)) || null);
  }
  return found;
};

/** Form decoding (URL Standard, 5.1), but null instead of U+FFFD where the bytes are no UTF-8. */
const decoded = (text: string): string | null => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return null;
  }
};
