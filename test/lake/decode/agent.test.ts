import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseAgent } from '#lake/decode/agent.ts';

const WEBKIT = 'AppleWebKit/605.1.15 (KHTML, like Gecko)';

test.each([
  ['Mozilla/5.0', 'Apple Mail Privacy Protection', null, false],
  ['Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)', 'Gmail', null, false],
  ['YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html', 'Yahoo Mail', null, false],
  ['Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Microsoft Outlook 16.0.5)', 'Outlook', 'desktop', false],
  ['Outlook-iOS/2.0', 'Outlook', 'mobile', false],
  ['Mozilla/5.0 (X11; Linux) Gecko/20100101 Thunderbird/102.0', 'Thunderbird', 'desktop', false],
  [`Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${WEBKIT}`, 'Apple Mail', 'desktop', false],
  [`Mozilla/5.0 (iPhone; CPU iPhone OS 16_5 like Mac OS X) ${WEBKIT} Mobile/15E148`, 'Apple Mail', 'mobile', false],
  [`Mozilla/5.0 (iPad; CPU OS 16_5 like Mac OS X) ${WEBKIT} Mobile/15E148`, 'Apple Mail', 'tablet', false],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36',
    'Chrome',
    'desktop',
    false,
  ],
  [
    'Mozilla/5.0 (Linux; Android 10; SM-G960F) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/88.0 Mobile Safari/537.36',
    'Chrome',
    'mobile',
    false,
  ],
  [
    'Mozilla/5.0 (SMART-TV; Linux; Tizen 2.4.0) AppleWebkit/538.1 (KHTML, like Gecko) SamsungBrowser/1.1 TV Safari/538.1',
    'Samsung Internet for Android',
    'tv',
    false,
  ],
  ['Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', 'Googlebot', 'bot', true],
  ['curl/7.68.0', null, 'bot', true],
  ['Barracuda Sentinel (EE)', null, 'bot', true],
  ['', null, null, false],
])('%s', (userAgent, client, device, isBot) => {
  expect(parseAgent(userAgent)).toEqual({ client, device, isBot });
});

test('any text has an answer', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 3000 }), (text) => {
      expect(parseAgent(text).client).not.toBe('');
    }),
  );
});
