/**
 * The process of a function: imports the bundle that it is given, then calls its handler with each event that comes.
 * Nothing but Node and the bundle is loaded here.
 */

const now = Date.now;
/** What a lake does depends on the day, and nobody waits for days. */
let aheadMs = 0;
Date.now = () => now() + aheadMs;

const began = performance.now();
const { handler } = await import(process.argv[2] ?? '');
process.send?.({ importMs: performance.now() - began });

let requests = 0;
process.on('message', async (message: { event: unknown; remainingMs: number; aheadMs: number; pace: number }) => {
  aheadMs = message.aheadMs;
  const begun = performance.now();
  const context = {
    functionName: 'bundle',
    awsRequestId: `request-${++requests}`,
    getRemainingTimeInMillis: () => message.remainingMs - (performance.now() - begun) * message.pace,
  };
  try {
    const result: unknown = await handler(message.event, context);
    process.send?.({ result: result ?? null });
  } catch (error) {
    process.send?.({ error: String(error) });
  }
});
