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

/** Plain, URL-encoded, quoted-printable, in lower case; and Base64, which has cases. */
export function formsOf(address: string): { lower: string[]; exact: string[] } {
  const encoded = encodeURIComponent(address).replaceAll("'", '%27');
  const quoted = address.replace(/[@=]/g, (sign) => `=${sign.charCodeAt(0).toString(16)}`);
  const spellings = [address, address.toLowerCase(), address.toUpperCase()];
  const base64 = spellings.flatMap((one) => [0, 1, 2].map((behind) => base64Within(one, behind)));
  return {
    lower: [...new Set([address, encoded, encodeURIComponent(encoded), address.replace('@', '%40'), quoted])].map(
      (form) => form.toLowerCase(),
    ),
    exact: [...new Set([...base64, ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))])],
  };
}

const PREFIX = 5;

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
  return (text) => [...search(text.toLowerCase(), byPrefix.lower), ...search(text, byPrefix.exact)];
}

/** What looks like an address and is no hash of one. */
export const unhashedIn = (text: string): string[] => addressesIn(text).filter((address) => !HASH.test(address));
