/** What the report shows when there is no mail to report on. */
import { count } from '#host/figures.ts';
import { html } from '../html.ts';
import { days } from '../numbers.ts';
import type { Section } from '../page.ts';
import type { DayVolume, Period } from '../period.ts';

/** The lake is empty. */
export const noMailSection = (): Section => ({
  id: 'empty',
  name: 'No mail yet',
  markup: html`
<section aria-labelledby="empty">
<h2 id="empty">No mail yet</h2>
<p>The lake has no sent mail. Read raw events with <code>npm run lake -- run --raw FOLDER</code>, or try
<code>npm run demo</code>, and write the report again.</p>
</section>`,
});

/** Nothing was sent in the period that was asked for. `volumes`: the days with mail, ascending. */
export function emptySection({ from, to }: Period, volumes: readonly DayVolume[]): Section {
  const [first, last] = [volumes[0], volumes.at(-1)];
  const sent = volumes.reduce((sum, volume) => sum + volume.sent, 0);
  return {
    id: 'empty',
    name: 'No mail',
    markup: html`
<section aria-labelledby="empty">
<h2 id="empty">No mail in this period</h2>
<p>Nothing was sent ${from === to ? 'on' : 'in'} ${days(from, to)}.${
      first &&
      last &&
      html` The lake has ${count(sent)} mails sent ${first.date === last.date ? 'on' : 'in'} ${days(first.date, last.date)}:
<code>--from ${first.date}</code> <code>--to ${last.date}</code>.`
    }</p>
</section>`,
  };
}
