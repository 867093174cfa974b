/**
 * `node test/engines/serve.ts`: moto and Trino for a person at work, until interrupted. With the two variables that it
 * prints set, the tests of the engines use these and start in a second.
 */
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installEngines } from './install.ts';
import { startMoto } from './moto.ts';
import { startTrino } from './trino.ts';

const engines = installEngines((line) => console.error(line));
const logs = join(tmpdir(), 'maillake-engines-serve');
mkdirSync(logs, { recursive: true });
const moto = await startMoto(engines, logs);
const trino = await startTrino(engines, moto.address, mkdtempSync(join(logs, 'run-')));
console.log(`export MAILLAKE_MOTO=${moto.address} MAILLAKE_TRINO=${trino.client.address}`);
const stop = async (): Promise<void> => {
  clearInterval(alive);
  await trino.stop();
  await moto.stop();
};
const alive = setInterval(() => {}, 60_000);
process.once('SIGINT', stop);
process.once('SIGTERM', stop);
