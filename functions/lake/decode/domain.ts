import { domainToASCII } from 'node:url';

/** Letters, digits, hyphens; underscores, which DNS allows and senders use. */
const ASCII_DOMAIN = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;

/** Four times what DNS takes (RFC 1035, 2.3.4), for letters that IDNA drops or joins; converting takes the square of it. */
const LONGEST = 1020;

/**
 * The domain of an address in lower-case ASCII (IDNA, by the URL Standard's domain to ASCII), null if it has none that
 * can be read. An address literal such as `[192.0.2.1]` (RFC 5321, 4.1.3) is no domain.
 */
export const domainOf = (address: string): string | null => {
  const at = address.lastIndexOf('@');
  if (at < 1 || address.length - at > LONGEST) return null;
  const given = address
    .slice(at + 1)
    .replace(/\.$/, '')
    .toLowerCase();
  // Node would read a domain that ends in a number as an IPv4 address and complete it: 1.2.3 → 1.2.0.3.
  if (given === '' || /(?:^|\.)\d+$/.test(given)) return null;
  // Node percent-decodes before it looks, and cuts at what ends a host in a URL.
  if (/[%/?#\\@:\s]/.test(given)) return null;
  const ascii = domainToASCII(given);
  return ASCII_DOMAIN.test(ascii) ? ascii : null;
};
