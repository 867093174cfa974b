/** The HTML page around the sections of the report. */
import { html, type Markup, trusted } from './html.ts';
import { days } from './numbers.ts';
import type { Period } from './period.ts';
import type { Condition } from './scope.ts';
import { STYLE } from './style.ts';

export interface Section {
  /** the id of its heading */
  id: string;
  /** as the table of contents has it */
  name: string;
  markup: Markup;
}

export interface PageOptions {
  title: string;
  /** which mail it is about; all of it where there is none */
  conditions: readonly Condition[];
  /** null: no mail yet */
  period: Period | null;
  /** age of the newest data, in words */
  asOf: string | null;
  sections: readonly Section[];
}

/**
 * The whole page in one file. Its policy lets a browser load nothing and run nothing, whatever should ever get past the
 * escaping (Content Security Policy Level 3, `default-src 'none'`).
 */
export const page = ({ title, conditions, period, asOf, sections }: PageOptions): Markup => html`<!doctype html>
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
  }</p>
${filtered(conditions)}
<p class="note">Counted by the day of sending, in UTC.${asOf !== null && html` Data as of ${asOf}.`}</p>`
}
${
  sections.length > 2 &&
  html`<nav aria-label="Sections"><ul>${sections.map(({ id, name }) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav>`
}
</header>
<main id="main">
${sections.map(({ markup }) => markup)}
</main>
<footer><p>Made by Maillake from Amazon SES and Pinpoint events. Rates leave out mailbox simulator addresses.</p></footer>
</body>
</html>
`;

function filtered(conditions: readonly Condition[]): Markup | null {
  if (conditions.length === 0) return null;
  return html`<p class="filter">Only mail${conditions.map(({ says, value }) => html` ${says} <bdi class="data">${value}</bdi>`)}.</p>`;
}
