/** Queries that Athena's console offers: the views' own text, and questions that people begin with. */
import { cutToBytes } from '#aws/cut-to-bytes.ts';
import { GUIDE } from '#lake/sql/dictionary/guide.ts';
import type { View } from '#lake/sql/views/view.ts';

export interface SavedQuery {
  /** at most 128 characters (Athena API, `CreateNamedQuery`), as the description has at most 1,024 */
  name: string;
  description: string;
  query: string;
}

const MOST_DESCRIPTION = 1024;

export const savedQueries = (views: readonly View[]): SavedQuery[] =>
  views.map(({ name, doc, sql }) => ({
    name,
    description: cutToBytes(doc, MOST_DESCRIPTION),
    query: `${sql}\n`,
  }));

/** The dictionary's questions to begin with, each a paragraph that ends in its question mark and a block of SQL. */
export const exampleQueries = (): SavedQuery[] =>
  [...GUIDE.matchAll(/^([^\n]+\?)([^\n]*)\n\n```sql\n(.*?)```/gms)].map(([, question = '', rest = '', query = '']) => ({
    name: `example_${wordsOf(question)}`,
    description: cutToBytes(`${question}${rest}`, MOST_DESCRIPTION),
    query,
  }));

/** The question as a name of small letters, digits and underscores, by which Athena's console sorts. */
const wordsOf = (question: string): string =>
  question
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_|_$/g, '')
    .slice(0, MOST_NAME);

const MOST_NAME = 100;
