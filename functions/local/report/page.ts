import { html, type Markup, trusted } from './html.ts';
import { days } from './numbers.ts';
import type { Period } from './period.ts';
import { STYLE } from './style.ts';

export interface PageOptions {
  title: string;
  /** null: no mail yet */
  period: Period | null;
  /** age of the newest data, in words */
  asOf: string | null;
  sections: readonly Markup[];
}

const CONTENTS = [
  ['summary', 'What stands out'],
  ['headline', 'Numbers'],
  ['delivery', 'Over time'],
  ['providers', 'Providers'],
  ['bounces', 'Bounces'],
  ['campaigns', 'Campaigns'],
  ['links', 'Links'],
  ['quality', 'Data quality'],
] as const;

/**
 * The whole page in one file. Its policy lets a browser load nothing and run nothing, whatever should ever get past the
 * escaping (Content Security Policy Level 3, `default-src 'none'`).
 */
export const page = ({ title, period, asOf, sections }: PageOptions): Markup => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the report</a>
<header>
<h1>${title}</h1>
${
  period &&
  html`<p class="period"><strong>${days(period.from, period.to)}</strong>${
    period.before && html`, compared with ${days(period.before.from, period.before.to)}`
  }. Counted by the day of sending, in UTC.${asOf !== null && html` Data as of ${asOf}.`}</p>
<nav aria-label="Sections"><ul>${CONTENTS.map(([id, name]) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav>`
}
</header>
<main id="main">
${sections}
</main>
<footer><p>Made by Maillake from Amazon SES and Pinpoint events. Rates leave out mailbox simulator addresses.</p></footer>
</body>
</html>
`;
