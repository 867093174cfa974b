/** What all clients of the SDK have in common: bounded time, retries with backoff and jitter, few sockets. */

/**
 * Attempts of the SDK's own retry (`standard`: exponential backoff with full jitter up to 20 s, on throttling, 5xx and
 * broken connections). Eight of them outlast a storm of a minute; what lasts longer is the queue's to try again.
 */
const MAX_ATTEMPTS = 8;
const CONNECT_MS = 3000;
/**
 * Without a byte for so long a connection counts as broken. It is the SDK's `socketTimeout`: its `requestTimeout` only
 * prints a warning, and would count a long upload as late.
 */
const SILENCE_MS = 30_000;
const SOCKETS = 64;

export interface ClientOptions {
  /** where the variables of the environment say nothing */
  region?: string;
  /** another address than AWS's own, for tests */
  endpoint?: string;
}

/** As the SDK's client configurations name them. */
export const sdkOptions = ({ region, endpoint }: ClientOptions) => ({
  ...(region ? { region } : {}),
  ...(endpoint ? { endpoint } : {}),
  maxAttempts: MAX_ATTEMPTS,
  retryMode: 'standard',
  requestHandler: {
    connectionTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    httpAgent: { keepAlive: true, maxSockets: SOCKETS },
    httpsAgent: { keepAlive: true, maxSockets: SOCKETS },
  },
});
