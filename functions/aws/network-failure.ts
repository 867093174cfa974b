/** Tells errors of the network from what a service says. */

/** As Node names them (`errno`). */
const CODES: ReadonlySet<unknown> = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
]);

export const isNetworkFailure = (error: Error): boolean =>
  error.name === 'TimeoutError' || ('code' in error && CODES.has(error.code));
