/** Recognises the program behind a user agent: client, device, operating system, proxy or bot. */
import Bowser from 'bowser';
import { isbot } from 'isbot';

/** What a user agent says about the program that opened or clicked. */
export interface Agent {
  client: string | null;
  device: 'desktop' | 'mobile' | 'tablet' | 'tv' | 'bot' | null;
  isBot: boolean;
}

/**
 * Mail programs and the image proxies of mailboxes, which a person's opening triggers or a person sits behind. They
 * come before the bot list, which knows browsers only and takes them for bots; the views label proxies by themselves.
 */
const MAIL_CLIENTS: readonly (readonly [pattern: RegExp, client: string, device: Agent['device']])[] = [
  [/^Mozilla\/5\.0$/, 'Apple Mail Privacy Protection', null],
  [/GoogleImageProxy/, 'Gmail', null],
  [/YahooMailProxy|Yahoo!?-?\s?Mail-?\s?Proxy/i, 'Yahoo Mail', null],
  [/Outlook-(?:iOS|Android)/i, 'Outlook', 'mobile'],
  [/Microsoft Outlook|MacOutlook|MSOffice|ms-office/i, 'Outlook', 'desktop'],
  [/Thunderbird\//, 'Thunderbird', 'desktop'],
  [/Lotus-?Notes/i, 'Lotus Notes', 'desktop'],
  [/\bAirmail\b/i, 'Airmail', 'desktop'],
  [/\beM ?Client\b/i, 'eM Client', 'desktop'],
  [/\bEvolution\/\d/, 'Evolution', 'desktop'],
  [/\bPostbox\/\d/, 'Postbox', 'desktop'],
  [/SamsungEmail|Samsung Email/i, 'Samsung Email', 'mobile'],
  [/\bK-9 Mail\b/i, 'K-9 Mail', 'mobile'],
];

/** Apple's own mail programs are WebKit that names no browser. */
const APPLE_MAIL =
  /^Mozilla\/5\.0 \((iPhone|iPod|iPad|Macintosh)\b[^)]*\) AppleWebKit\/[\d.]+ \(KHTML, like Gecko\)(?: Mobile\/\w+)?(?: \(\w+\))?$/;
const APPLE_DEVICES: Readonly<Record<string, Agent['device']>> = { iPad: 'tablet', Macintosh: 'desktop' };

const DEVICES: ReadonlySet<string> = new Set(['desktop', 'mobile', 'tablet', 'tv', 'bot']);
const isDevice = (word: string): word is NonNullable<Agent['device']> => DEVICES.has(word);

/** Longer than any real user agent; the packages' patterns needn't see the rest. */
const MAX_LENGTH = 1024;

/** Takes a user agent apart; never fails. */
export const parseAgent = (userAgent: string): Agent => {
  const text = userAgent.slice(0, MAX_LENGTH).trim();
  if (text === '') return { client: null, device: null, isBot: false };
  for (const [pattern, client, device] of MAIL_CLIENTS) if (pattern.test(text)) return { client, device, isBot: false };
  const apple = APPLE_MAIL.exec(text)?.[1];
  if (apple !== undefined) return { client: 'Apple Mail', device: APPLE_DEVICES[apple] ?? 'mobile', isBot: false };
  const { browser, platform } = Bowser.parse(text);
  const client = browser.name || null;
  if (isbot(text)) return { client, device: 'bot', isBot: true };
  const device = platform.type ?? '';
  return { client, device: isDevice(device) ? device : null, isBot: device === 'bot' };
};
