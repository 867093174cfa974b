/** A mailbox provider's name as its owner writes it; a name that isn't known here, from an edited seed, stays as it is. */
export const providerName = (provider: string): string => NAMES.get(provider) ?? provider;

const NAMES = new Map([
  ['gmail', 'Gmail'],
  ['yahoo', 'Yahoo'],
  ['microsoft', 'Microsoft'],
  ['apple', 'Apple'],
  ['comcast', 'Comcast'],
  ['gmx', 'GMX'],
  ['web.de', 'WEB.DE'],
  ['mail.ru', 'Mail.ru'],
  ['yandex', 'Yandex'],
  ['proton', 'Proton'],
  ['orange', 'Orange'],
  ['free', 'Free'],
  ['libero', 'Libero'],
  ['t-online', 'T-Online'],
  ['qq', 'QQ'],
  ['163', '163'],
  ['naver', 'Naver'],
  ['other', 'Others'],
]);
