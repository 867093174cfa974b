/** The people on the invented sender's list: addresses, providers, and how they treat mail. */
import { PROVIDERS, type Provider, SIMULATOR_DOMAIN } from './providers.ts';
import { Random } from './random.ts';

export interface Recipient {
  /** as the sender has it on the list */
  address: string;
  /** what recipients are counted by: the bare address in lower case */
  key: string;
  /** as in sql/seeds/mailbox_providers.csv */
  provider: string;
  isSimulator: boolean;
}

/** What happens to mail to this address. */
export type Fate = 'fine' | 'unknown' | 'disabled' | 'no_domain' | 'suppressed' | 'full';

export interface Person extends Recipient {
  at: Provider;
  fate: Fate;
  /** how much the person likes mail, 0 to 1 */
  interest: number;
  readsWithPrivacy: boolean;
  isScanned: boolean;
  /** decides the person's IP address */
  home: number;
}

const FIRST = [
  'anna',
  'ben',
  'carla',
  'david',
  'elif',
  'finn',
  'greta',
  'hugo',
  'ines',
  'jonas',
  'kim',
  'lena',
] as const;
const LAST = ['adler', 'brown', 'costa', 'diaz', 'evans', 'fischer', 'garcia', 'haas', 'ito', 'jansen'] as const;

/** Person number `index` on the sender's list. The same arguments give the same person. */
export function personAt(seed: number, index: number): Person {
  const random = new Random(seed, 1, index);
  const at = random.weighted(SHARES);
  const domain = random.weighted(at.domains);
  const local = `${random.pick(FIRST)}.${random.pick(LAST)}${index.toString(36)}`;
  const address = `${local}@${domain}`;
  const isShouting = random.chance(0.012);
  return {
    address: isShouting ? shouted(address, random) : address,
    key: address,
    provider: at.name,
    isSimulator: false,
    at,
    fate: fateOf(at, random),
    interest: random.unit() ** 1.4,
    readsWithPrivacy: random.chance(at.privacyShare),
    isScanned: random.chance(at.scannerShare),
    home: random.below(762),
  };
}

const SHARES = PROVIDERS.map((provider) => [provider, provider.share] as const);

/** As people type on phones and in shops: the domain, or all of it, in capitals. */
function shouted(address: string, random: Random): string {
  if (/[^ -~]/.test(address)) return address;
  const at = address.indexOf('@');
  return random.chance(0.5) ? address.slice(0, at) + address.slice(at).toUpperCase() : address.toUpperCase();
}

function fateOf(at: Provider, random: Random): Fate {
  const luck = random.unit() - at.deadRate;
  if (luck >= 0.008) return 'fine';
  if (luck >= 0.005) return 'full';
  if (luck >= 0) return 'suppressed';
  const how = random.unit();
  if (at.name === 'other' && how < 0.3) return 'no_domain';
  return how < 0.75 ? 'unknown' : 'disabled';
}

const SIMULATED = ['success', 'bounce', 'complaint', 'ooto', 'suppressionlist'] as const;
export type Simulated = (typeof SIMULATED)[number];

/** One of the test addresses that the sender's monitoring writes to. */
export function simulatorAddress(random: Random): { kind: Simulated; recipient: Recipient } {
  const kind = random.pick(SIMULATED);
  const address = `${kind}@${SIMULATOR_DOMAIN}`;
  return { kind, recipient: { address, key: address, provider: 'other', isSimulator: true } };
}
