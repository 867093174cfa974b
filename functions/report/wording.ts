/** Puts an incident into words, for the report and the command line. */
import { count, percent } from '#host/figures.ts';
import type { Answer, Cause } from './causes.ts';
import type { Incident } from './incidents.ts';
import { weekday } from './numbers.ts';
import { distance } from './period.ts';
import { providerName } from './providers.ts';

/** An incident in words, as parts of a text: when, what, and what is known of it. Not escaped for anything. */
export interface Wording {
  /** `On Tuesday 6 October` */
  when: string;
  /** `Microsoft turned away 59.0% of its mail` */
  what: string;
  /** `49 of 83, where 0.56% was expected` */
  compared: string;
  /** `All of it was mail from news.example.` */
  whose: string | null;
  why: string | null;
  /** `Most said “smtp; 550 5.7.1 …” (49 of 60).` */
  said: string | null;
  todo: string | null;
}

export function worded(incident: Incident, cause?: Cause): Wording {
  const { numerator, denominator, expected } = incident;
  return {
    when: when(incident),
    what: what(incident, percent(numerator / denominator)),
    compared: `${count(numerator)} of ${count(denominator)}, where ${percent(expected)} was expected`,
    ...causeWords(cause),
  };
}

/** What lies behind an incident, in words. */
export const causeWords = (cause?: Cause): Pick<Wording, 'whose' | 'why' | 'said' | 'todo'> => ({
  whose: whose(cause),
  ...answered(cause?.answer ?? null),
});

function when({ from, to, days }: Incident): string {
  if (from === to) return `On ${weekday(from)}`;
  const span = `${weekday(from)} to ${weekday(to)}`;
  return days > distance(from, to) ? `From ${span}` : `On ${count(days)} days from ${span}`;
}

function answered(answer: Answer | null): Pick<Wording, 'why' | 'said' | 'todo'> {
  if (answer === null) return { why: null, said: null, todo: null };
  const status = answer.status === null ? '' : `, ${answer.status},`;
  return {
    why: sentence(`The most frequent answer${status} means: ${answer.meaning}`),
    said: quoted(answer),
    todo: answer.whatToDo === null ? null : sentence(answer.whatToDo),
  };
}

/** A server may answer with a page. */
const MOST_QUOTED = 200;

function quoted({ said, ip }: Answer): string | null {
  if (said === null) return null;
  const { diagnostic, times, of } = said;
  const text = diagnostic.length > MOST_QUOTED ? `${diagnostic.slice(0, MOST_QUOTED)}…` : diagnostic;
  const about =
    ip === null
      ? ''
      : ` ${ip.share >= 0.995 ? 'All' : percent(ip.share)} of it is about the sending address ${ip.name}.`;
  return `Servers said “${text}” (${times === of ? `all ${count(of)}` : `${count(times)} of ${count(of)}`} times).${about}`;
}

function what(incident: Incident, share: string): string {
  const { metric, provider, providers, horizon } = incident;
  const isAll = incident.identity === undefined && incident.kind === undefined;
  const mails = mailOf(incident);
  const who = provider === null ? null : provider === 'other' ? 'smaller mailbox providers' : providerName(provider);
  const mail = who === null ? `${isAll ? 'all' : 'the'} ${mails}${among(providers)}` : `the ${mails} to ${who}`;
  const recipients = isAll ? 'the recipients' : `the recipients of the ${mails}`;
  const at = who === null ? among(providers) : ` at ${who}`;
  switch (metric) {
    case 'hard_bounce_rate':
      return who === null
        ? `${share} of ${mail} bounced permanently`
        : `${provider === 'other' ? 'Smaller mailbox providers' : who} turned away ${share} of the ${mails} sent there`;
    case 'soft_bounce_rate':
      return `${share} of ${mail} bounced temporarily`;
    case 'delivery_rate':
      return `only ${share} of ${mail} was delivered within ${horizon} hours`;
    case 'complaint_rate':
      return `${share} of ${recipients}${at} complained`;
    case 'human_open_rate':
      return `only ${share} of ${mail} was opened by people within ${horizon} hours`;
    case 'human_click_rate':
      return `only ${share} of ${mail} was clicked within ${horizon} hours`;
    case 'unsubscribe_rate':
      return `${share} of ${recipients}${at} unsubscribed`;
  }
}

/** `mail`, `campaign mail`, `mail from news.example (receipts)`. */
function mailOf({ identity, kind }: Incident): string {
  const set = identity?.configurationSet == null ? '' : ` (${identity.configurationSet})`;
  return `${kind === undefined ? '' : `${kind} `}mail${identity === undefined ? '' : ` from ${identity.domain}${set}`}`;
}

const among = (providers: readonly string[]): string =>
  providers.length === 0 ? '' : ` (at ${listed(providers.map(providerName))})`;

export const listed = (names: readonly string[]): string =>
  names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)}` : names.join('');

function whose(cause?: Cause): string | null {
  const parts = [
    cause?.domain && { share: cause.domain.share, of: `from ${cause.domain.name}` },
    cause?.campaign && { share: cause.campaign.share, of: `of the campaign ${cause.campaign.name}` },
  ].filter((part) => typeof part === 'object' && part !== null);
  if (parts.length === 0) return null;
  const shares = parts.map(({ share }) => (share >= 0.995 ? 'all' : percent(share)));
  // `All of it was from a and of the campaign b`, but `all of it was from a and 80% of it of the campaign b`.
  const told = parts.map(({ of }, i) => (i > 0 ? (shares[i] === shares[0] ? of : `${shares[i]} of it ${of}`) : of));
  return capital(sentence(`${shares[0]} of it was ${listed(told)}`));
}

/** Seed texts may end with a full stop or not. */
const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
