/** Looks for addresses in text, in every form that a lake of hashed addresses must not hold. */

const ADDRESS = /[\p{L}\p{N}.!#$%&'*+=^_`{|}~-]{1,64}@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63})*\.\p{L}{2,}/gu;
/** What a hash of an address looks like: no local part of a test's data does. */
const HASH = /^[0-9a-f]{32}_@/;

/** The addresses that stand in a text as they are. */
export const addressesIn = (text: string): string[] => (text.includes('@') ? text.match(ADDRESS) : null) ?? [];

/** Letters of Base64 that all encodings of texts have which hold this one so many bytes behind a group's first. */
function base64Within(address: string, behind: number): string {
  const bytes = Buffer.from('x'.repeat(behind) + address);
  const letters = bytes.toString('base64').replace(/=+$/, '');
  return letters.slice(Math.ceil((behind * 4) / 3), Math.floor((bytes.length * 4) / 3));
}

/** Each of some characters as its two digits behind a sign. */
const coded = (address: string, which: RegExp, sign: string): string =>
  address.replace(which, (char) => [...Buffer.from(char)].map((byte) => sign + byte.toString(16)).join(''));

/** Plain, URL-encoded, quoted-printable, escaped as in JSON, in lower case; and Base64 of the likely ones, which has cases. */
export function formsOf(address: string): { lower: string[]; exact: string[] } {
  const encoded = encodeURIComponent(address).replaceAll("'", '%27');
  const quoted = ['=', '%', '\\u00'].flatMap((sign) =>
    [/[@=]/g, /[^a-z0-9]/gi, /./gu].map((which) => coded(address, which, sign)),
  );
  const spellings = [address, address.toLowerCase(), address.toUpperCase()];
  const inBase64 = spellings.flatMap((one) => [one, one.replace('@', '%40'), one.replace(/./gsu, '$&\0')]);
  const base64 = inBase64.flatMap((one) => [0, 1, 2].map((behind) => base64Within(one, behind)));
  return {
    lower: [...new Set([address, encoded, encodeURIComponent(encoded), ...quoted])].map((form) => form.toLowerCase()),
    exact: [...new Set([...base64, ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))])],
  };
}

const PREFIX = 5;

/** Without the ends of lines that quoted-printable and Base64 are wrapped by, as they are or as JSON escapes them. */
const inOneLine = (text: string): string => text.replace(/=?(?:\r?\n|(?:\\+r)?\\+n)/g, '');

/** Finds any of the addresses in a text, in any form; texts may be long, and addresses many. */
export function addressFinder(addresses: Iterable<string>): (text: string) => { address: string; form: string }[] {
  const byPrefix = { lower: new Map<string, [string, string][]>(), exact: new Map<string, [string, string][]>() };
  for (const address of addresses) {
    const forms = formsOf(address);
    for (const kind of ['lower', 'exact'] as const) {
      for (const form of forms[kind]) {
        const prefix = form.slice(0, PREFIX);
        byPrefix[kind].set(prefix, [...(byPrefix[kind].get(prefix) ?? []), [form, address]]);
      }
    }
  }
  const search = (text: string, forms: Map<string, [string, string][]>): { address: string; form: string }[] => {
    const found: { address: string; form: string }[] = [];
    for (let at = 0; at + PREFIX <= text.length; at++) {
      for (const [form, address] of forms.get(text.slice(at, at + PREFIX)) ?? []) {
        if (text.startsWith(form, at)) found.push({ address, form });
      }
    }
    return found;
  };
  return (text) =>
    [...new Set([text, inOneLine(text)])].flatMap((one) => [
      ...search(one.toLowerCase(), byPrefix.lower),
      ...search(one, byPrefix.exact),
    ]);
}

/** What looks like an address and is no hash of one. */
export const unhashedIn = (text: string): string[] => addressesIn(text).filter((address) => !HASH.test(address));
