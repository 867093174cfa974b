/** What of the report is told to readers who may not open the page: its first parts, in words. Nothing in it is escaped. */
import type { PageOptions } from './page.ts';
import type { Figure } from './sections/headline.ts';
import type { Summary } from './sections/summary.ts';
import type { Verdict } from './verdict.ts';

export interface Digest extends Omit<PageOptions, 'sections'> {
  /** null: there was no mail in the period */
  summary: Summary | null;
  /** the headline numbers */
  figures: readonly Figure[];
  accounted: Verdict;
}
