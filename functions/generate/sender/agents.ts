/** User agents of generated opens and clicks, of people, proxies and scanners, and the IP addresses of people at home. */
import { localHour } from './calendar.ts';
import type { Random } from './random.ts';

/** Apple Mail Privacy Protection: exactly this and no more. */
export const PRIVACY_PROXY = 'Mozilla/5.0';
export const GOOGLE_PROXY = 'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)';
export const YAHOO_PROXY = 'YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html';

/** The browser that a gateway pretends to be: only its speed tells it from a person. */
export const SCANNER_BROWSER =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Safari/537.36';
/** A gateway that says what it is. */
export const HONEST_BOT = 'Mozilla/5.0 (compatible; LinkInspectorBot/2.1; +https://gateway.example/bot)';

const PHONES = [
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148',
  'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Mobile Safari/537.36',
  'Mozilla/5.0 (Linux; Android 13; SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36',
] as const;
const TABLETS = [
  'Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Linux; Android 13; SM-X710) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/127.0.0.0 Safari/537.36',
] as const;
const DESKTOPS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Safari/605.1.15',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:129.0) Gecko/20100101 Firefox/129.0',
  'Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Thunderbird/115.13.0',
  'Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0; Microsoft Outlook 16.0.17928; ms-office; MSOffice 16) like Gecko',
] as const;

/** Every agent that a person uses here, for the test that no bot list claims them. */
export const PERSONAL_AGENTS: readonly string[] = [...PHONES, ...TABLETS, ...DESKTOPS];

/** The device of a person by the hour: desktops in office hours, phones on the way, tablets in the evening. */
export function personalAgent(random: Random, instant: number): string {
  const hour = localHour(instant);
  const desktop = hour >= 9 && hour < 17 ? 0.62 : 0.2;
  const tablet = hour >= 19 && hour < 23 ? 0.16 : 0.04;
  const where = random.unit();
  if (where < desktop) return random.pick(DESKTOPS);
  if (where < desktop + tablet) return random.pick(TABLETS);
  return random.pick(PHONES);
}

/** From the blocks that RFC 5737 keeps for documentation; `home` is the person's own. */
export const homeAddress = (home: number): string =>
  `${home % 3 === 0 ? '192.0.2' : home % 3 === 1 ? '198.51.100' : '203.0.113'}.${1 + (home % 254)}`;
