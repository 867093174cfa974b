/** Starts moto, which plays S3, Glue and SQS on this machine. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Engines } from './install.ts';
import { freePort, type Started, start } from './process.ts';

/** S3, Glue and SQS on loopback. */
export async function startMoto(
  { python }: Pick<Engines, 'python'>,
  logs: string,
): Promise<Started & { address: string }> {
  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  const started = await start({
    name: 'moto',
    command: python,
    args: [fileURLToPath(new URL('./moto_server.py', import.meta.url)), '-H', '127.0.0.1', '-p', String(port)],
    log: join(logs, 'moto.log'),
    isReady: async () => (await fetch(`${address}/moto-api/`)).ok,
    timeoutMs: 60_000,
  });
  return { ...started, address };
}
