/** An alert as it is told: as a text, as a message of a chat, and as JSON for programs. Control characters are escaped. */
import { safeText } from '#host/safe-text.ts';
import type { Finding, Scope } from './finding.ts';
import type { Alert } from './ledger.ts';

const MARKS = { opened: '', worse: 'Worse: ', over: 'Over: ' } as const;

/** One line: `Over: On Tuesday 6 October Microsoft turned away 59.0% of the mail sent there` */
export const headlineOf = ({ what, finding }: Alert): string => safeText(`${MARKS[what]}${finding.says.headline}`);

/** @param isRepeat it may have been told before */
export function textOf(alert: Alert, isRepeat: boolean): string {
  const { finding, what, why, id } = alert;
  const { headline, compared, whose, why: reason, said, todo, sure, query } = finding.says;
  const paragraphs =
    what === 'over'
      ? [`It is over: ${why ?? 'nothing of it shows any more'}. It was told that:`, `${headline}: ${compared}.`]
      : [
          ...(what === 'worse' ? ['It has become worse:'] : []),
          [`${headline}: ${compared}.`, whose, reason].filter(Boolean).join(' '),
          said,
          todo === null ? null : `What to do: ${todo}`,
          `How sure: ${sure}`,
          `Since: ${instant(finding.since)}. ${finding.level === 'critical' ? 'Critical.' : 'Warning.'}`,
        ];
  const lines = [
    ...(isRepeat ? ['This may have been told before: whoever was telling it did not say how that ended.'] : []),
    ...paragraphs.filter((text) => text !== null),
    `To look further:\n${query}`,
    `Alert ${id}`,
  ];
  // A query stands on a line of its own.
  return lines.map((text) => text.split('\n').map(safeText).join('\n')).join('\n\n');
}

const instant = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** What a program gets: figures, names and the same words. */
export interface AlertEvent {
  id: string;
  what: Alert['what'];
  trouble: Finding['trouble'];
  level: Finding['level'];
  scope: Scope;
  /** ISO 8601, UTC */
  since: string;
  until: string;
  told_at: string;
  counted: number;
  of: number;
  expected: number;
  headline: string;
  compared: string;
  whose: string | null;
  reason: string | null;
  said: string | null;
  todo: string | null;
  sure: string;
  query: string;
  why_over: string | null;
  may_be_repeat: boolean;
}

export function eventOf({ id, what, at, why, finding }: Alert, isRepeat: boolean): AlertEvent {
  const { trouble, level, scope, since, until, counted, of, expected, says } = finding;
  const { why: reason, ...words } = says;
  return {
    id,
    what,
    trouble,
    level,
    scope,
    since: new Date(since).toISOString(),
    until: new Date(until).toISOString(),
    told_at: new Date(at).toISOString(),
    counted,
    of,
    expected,
    ...words,
    reason,
    why_over: why,
    may_be_repeat: isRepeat,
  };
}

/**
 * A custom notification of Amazon Q Developer in chat applications, for Slack, Teams and Chime ("Custom notifications", its
 * administrator guide). All that is told of one trouble is one thread.
 */
export function chatOf(alert: Alert, isRepeat: boolean): object {
  const { id, finding } = alert;
  const { todo, query } = finding.says;
  const [title = '', ...rest] = [headlineOf(alert), textOf(alert, isRepeat)];
  return {
    version: '1.0',
    source: 'custom',
    id,
    content: {
      textType: 'client-markdown',
      title: marked(title).slice(0, MOST_TITLE),
      description: marked(rest.join('\n')).slice(0, MOST_TEXT),
      ...(alert.what === 'over' ? {} : { nextSteps: [...(todo === null ? [] : [marked(todo)]), marked(query)] }),
    },
    metadata: {
      threadId: id.slice(0, id.indexOf('-')),
      summary: marked(title).slice(0, MOST_TITLE),
      eventType: finding.trouble,
    },
  };
}

/** Limits of the schema. */
const MOST_TITLE = 250;
const MOST_TEXT = 8000;

/** What servers have said must not mention everybody, nor be a link: `<!channel>`, `<https://…|here>`, `[here](…)`. */
const marked = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('[', '(')
    .replaceAll(']', ')');
