/**
 * The report's digest as a mail that says all of it in itself, as text and as HTML. The HTML is laid out for mail programs: one
 * column, styles on the elements (some programs drop a style sheet), and a sheet for dark screens that only adds colours. It loads
 * nothing: pictures would be hidden until asked for, and would tell when it is read.
 */
import { counted } from '#host/figures.ts';
import type { Digest } from './digest.ts';
import { type Content, html, type Markup, trusted, visible } from './html.ts';
import { days } from './numbers.ts';
import type { Change, Figure } from './sections/headline.ts';
import { EARLIER, type Told } from './sections/summary.ts';
import type { Verdict } from './verdict.ts';

export interface MailOptions {
  /** the page's file, which goes along with the mail */
  attached: string;
  /** where the page lies, for those who may open it; null: nowhere */
  link: string | null;
}

export interface MailBody {
  subject: string;
  text: string;
  html: string;
}

export function mailOf(digest: Digest, options: MailOptions): MailBody {
  const subject = subjectOf(digest);
  return { subject, text: textOf(digest, options), html: htmlOf(subject, digest, options).toString() };
}

/** One line, whatever the title holds: `E-mail deliverability, 23–29 Nov 2026: 1 incident` */
function subjectOf({ title, period, summary }: Digest): string {
  const when = period === null ? '' : `, ${days(period.from, period.to)}`;
  return visible(`${title}${when}: ${gist(summary)}`).replace(/\s+/g, ' ');
}

/** What matters most, in a few words. */
function gist(summary: Digest['summary']): string {
  if (summary === null) return 'no mail was sent';
  const { incidents, more, standings } = summary;
  const now = incidents.filter(({ isEarlier }) => !isEarlier).length;
  // The newest are told: there may be more of these days only if all that are told are of these days.
  const many = more > 0 && now === incidents.length ? 'more than ' : '';
  const limits = standings.filter(({ kind }) => kind === 'act' || kind === 'watch').length;
  const parts = [
    ...(now > 0 ? [`${many}${counted(now, 'incident')}`] : []),
    ...(limits > 0 ? [`${counted(limits, 'limit')} near or passed`] : []),
  ];
  return parts.join(', ') || 'nothing stands out';
}

/** Which mail and which days it is about. */
function aboutOf({ conditions, period, asOf }: Digest): string[] {
  if (period === null) return [];
  const { from, to, before } = period;
  return [
    `${days(from, to)}${before === null ? '' : `, compared with ${days(before.from, before.to)}`}.`,
    ...(conditions.length > 0
      ? [`Only mail ${conditions.map(({ says, value }) => `${says} ${value}`).join(' ')}.`]
      : []),
    `Counted by the day of sending, in UTC.${asOf === null ? '' : ` Data as of ${asOf}.`}`,
  ];
}

const NO_MAIL = 'No mail was sent in these days, or none of it has been read into the lake.';
const MORE = 'told on the page';

/** `+0.4 points, worse, after 24 h` */
const changeOf = ({ says, verdict, hours }: Change): string =>
  [says, ...(verdict ? [verdict] : []), ...(hours ? [`after ${hours} h`] : [])].join(', ');

const whereOf = ({ attached, link }: MailOptions): string =>
  `The whole report is attached: ${attached}.${link === null ? '' : ' Who may sign in to the AWS account finds it here, too:'}`;

const FOOT = 'Made by Maillake. Rates leave out mailbox simulator addresses.';

function textOf(digest: Digest, options: MailOptions): string {
  const { title, summary, figures, accounted } = digest;
  const told = ({ isEarlier, when, what, compared, whose, why, said, todo }: Told, at: number): string =>
    [
      `${at + 1}. ${isEarlier ? `${EARLIER} ` : ''}${when} ${what}: ${compared}.`,
      ...[whose, why, said, todo && `What to do: ${todo}`].filter((line) => line !== null).map((line) => `   ${line}`),
    ].join('\n');
  const figure = ({ label, figure: value, of, change }: Figure): string =>
    `${label.padEnd(14)}${value.padStart(8)}  ${of}${change ? ` (${changeOf(change)})` : ''}`;
  const verdict = ({ says, text }: Verdict): string => `[${says}] ${text}`;
  const parts: (string | null)[] = [
    [title, ...aboutOf(digest)].join('\n'),
    summary === null
      ? NO_MAIL
      : [
          'WHAT STANDS OUT',
          ...summary.incidents.map(told),
          ...(summary.more > 0 ? [`${counted(summary.more, 'more incident')}, ${MORE}.`] : []),
          ...(summary.calm === null ? [] : [summary.calm]),
          ...summary.standings.map(verdict),
        ].join('\n'),
    figures.length > 0 ? ['NUMBERS', ...figures.map(figure)].join('\n') : null,
    ['DATA', verdict(accounted)].join('\n'),
    [whereOf(options), ...(options.link === null ? [] : [options.link])].join('\n'),
    FOOT,
  ];
  return `${visible(parts.filter((part) => part !== null).join('\n\n'))}\n`;
}

const COLOURS = { ok: '#1e6b3c', watch: '#8a5300', act: '#b3261e', unknown: '#5e5a55' } as const;
const VERDICTS = { better: 'ok', worse: 'act' } as const;

/** Dark screens. Some programs turn colours around by themselves: those find their own here. */
const DARK = `@media (prefers-color-scheme: dark) {
.page { background: #131416 !important; } .card { background: #1b1d20 !important; border-color: #303338 !important; }
.text { color: #e9e7e3 !important; } .muted { color: #a9a59e !important; } .incident { background: #2e1c1b !important; }
.line { border-color: #303338 !important; } .link { color: #86b9ec !important; }
.ok { color: #74cf97 !important; } .watch { color: #e9b45e !important; } .act { color: #ff8f82 !important; }
.unknown { color: #a9a59e !important; }
}`;

const H2 = trusted('class="text" style="margin:28px 0 10px;font-size:18px;line-height:1.3;color:#1c1b1a"');
const P = trusted('class="text" style="margin:0 0 8px;color:#1c1b1a"');
const NOTE = trusted('class="muted" style="margin:0 0 8px;font-size:14px;color:#5e5a55"');
const CELL = 'padding:9px 8px 9px 0;border-top:1px solid #e4e2de;vertical-align:top;text-align:left;';

function htmlOf(subject: string, digest: Digest, options: MailOptions): Markup {
  const { title, summary, figures, accounted } = digest;
  const [period, ...notes] = aboutOf(digest);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${subject}</title>
<style>:root { color-scheme: light dark; }
${trusted(DARK)}</style>
</head>
<body class="page" style="margin:0;padding:0;background:#fbfbfa">
<div style="display:none;max-height:0;overflow:hidden">${gist(summary)}</div>
<div role="main">
<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" border="0" style="background:#fbfbfa">
<tr><td align="center" style="padding:16px 8px">
<table role="presentation" class="card" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:680px;background:#ffffff;border:1px solid #e4e2de;border-radius:8px">
<tr><td class="text" style="padding:24px;font:16px/1.5 -apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;color:#1c1b1a;text-align:left;overflow-wrap:anywhere">
<h1 class="text" style="margin:0 0 6px;font-size:24px;line-height:1.2;color:#1c1b1a">${title}</h1>
${period !== undefined && html`<p ${P}><strong>${period}</strong></p>`}
${notes.map((note) => html`<p ${NOTE}>${note}</p>`)}
${summary === null ? html`<p ${P}>${NO_MAIL}</p>` : standsOut(summary)}
${figures.length > 0 && numbers(figures)}
<h2 ${H2}>Data</h2>
${verdict(accounted)}
<p ${NOTE}>${whereOf(options)}${options.link !== null && html` <a class="link" href="${options.link}" style="color:#1f5f9e">${options.attached} in S3</a>`}</p>
<p class="muted line" style="margin:28px 0 0;padding-top:12px;border-top:1px solid #e4e2de;font-size:13px;color:#5e5a55">${FOOT}</p>
</td></tr></table>
</td></tr></table>
</div>
</body>
</html>
`;
}

const standsOut = ({
  incidents,
  more,
  calm,
  standings,
}: NonNullable<Digest['summary']>): Markup => html`<h2 ${H2}>What stands out</h2>
${incidents.map(incident)}
${more > 0 && html`<p ${NOTE}>${counted(more, 'more incident')}, ${MORE}.</p>`}
${calm !== null && html`<p ${P}>${calm}</p>`}
${standings.map(verdict)}`;

function incident({ isEarlier, when, what, compared, whose, why, said, todo }: Told): Markup {
  const line = isEarlier ? '#a8a49d' : '#b3261e';
  return html`<div class="incident" style="margin:0 0 12px;padding:12px 14px;border-left:4px solid ${line};background:${isEarlier ? '#f4f3f1' : '#fdf0ee'}">
<p ${P}>${isEarlier && `${EARLIER} `}${when} <strong>${what}</strong>: ${compared}.${sentence(whose)}${sentence(why)}</p>
${said !== null && html`<p ${NOTE}><bdi>${said}</bdi></p>`}
${todo !== null && html`<p ${P}><strong>What to do:</strong> ${todo}</p>`}
</div>
`;
}

const sentence = (text: string | null): Content => text !== null && ` ${text}`;

const verdict = ({ kind, says, text }: Verdict): Markup =>
  html`<p ${P}><strong class="${kind}" style="color:${COLOURS[kind]}">${says}:</strong> ${text}</p>
`;

const numbers = (figures: readonly Figure[]): Markup => html`<h2 ${H2}>Numbers</h2>
<table width="100%" cellpadding="0" cellspacing="0" border="0" style="border-collapse:collapse;font-size:15px">
<tr>
${['Number', 'Value', 'Of what, and its change'].map((name) => html`<th scope="col" class="muted" style="${HEAD}">${name}</th>\n`)}</tr>
${figures.map(row)}</table>
`;

const HEAD = 'padding:0 8px 6px 0;font-size:13px;font-weight:normal;text-align:left;color:#5e5a55';

const row = ({ label, figure, of, change }: Figure): Markup => html`<tr>
<th scope="row" class="text line" style="${CELL}color:#1c1b1a">${label}</th>
<td class="text line" style="${CELL}color:#1c1b1a;font-size:17px;white-space:nowrap"><strong>${figure}</strong></td>
<td class="muted line" style="${CELL}font-size:14px;color:#5e5a55">${of}${change && html`<br>${changed(change)}`}</td></tr>
`;

function changed(change: Change): Markup {
  const kind = change.verdict && VERDICTS[change.verdict];
  return kind
    ? html`<strong class="${kind}" style="color:${COLOURS[kind]}">${changeOf(change)}</strong>`
    : html`${changeOf(change)}`;
}
