/** Parses the report's HTML, so that tests can look for tags and words. */
import { parseHTML } from 'linkedom';

/** What the report's tests use of the DOM, whose types the project doesn't load. */
export interface Tag {
  tagName: string;
  id: string;
  textContent: string | null;
  attributes: Iterable<{ name: string; value: string }>;
  getAttribute(name: string): string | null;
  querySelector(selector: string): Tag | null;
  querySelectorAll(selector: string): Tag[];
}

export const parsed = (text: string): Tag & { documentElement: Tag } => parseHTML(text).document;

/** What is read, white space made single. */
export const words = (element: Tag | null | undefined): string =>
  (element?.textContent ?? '').replace(/\s+/g, ' ').trim();
