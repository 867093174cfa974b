/** moto and Trino for one run, of tests or of a benchmark: those that `serve.ts` runs, which stay, else ones of its own. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { connect } from '#aws/clients.ts';
import { installEngines } from './install.ts';
import { startMoto } from './moto.ts';
import { REGION, startTrino } from './trino.ts';

/** Where an account is. */
export interface Addresses {
  moto: string;
  trino: string;
  /** bucket of query results */
  results: string;
}

export interface RunningEngines extends Addresses {
  /** ends those that were started for this run */
  stop(): Promise<void>;
}

const RESULTS = 'query-results';

/** Gives this process credentials that moto takes, and the region of all these tests. */
export function useTestCredentials(): void {
  process.env.AWS_ACCESS_KEY_ID = 'test';
  process.env.AWS_SECRET_ACCESS_KEY = 'test';
  process.env.AWS_REGION = REGION;
}

/** Sets this process's credentials, too. */
export async function runningEngines(say: (line: string) => void): Promise<RunningEngines> {
  useTestCredentials();
  const { MAILLAKE_MOTO, MAILLAKE_TRINO } = process.env;
  if (MAILLAKE_MOTO && MAILLAKE_TRINO) return withResults(MAILLAKE_MOTO, MAILLAKE_TRINO, async () => {});

  const engines = installEngines(say);
  const logs = join(tmpdir(), 'maillake-engines-logs');
  mkdirSync(logs, { recursive: true });
  say(`logs of moto and Trino: ${logs}`);
  const folder = mkdtempSync(join(logs, 'run-'));
  const moto = await startMoto(engines, logs);
  try {
    const trino = await startTrino(engines, moto.address, folder);
    return await withResults(moto.address, trino.client.address, async () => {
      await trino.stop();
      await moto.stop();
      rmSync(folder, { recursive: true, force: true });
    });
  } catch (error) {
    await moto.stop();
    throw error;
  }
}

async function withResults(moto: string, trino: string, stop: () => Promise<void>): Promise<RunningEngines> {
  await connect({ endpoint: moto }).s3.send(new CreateBucketCommand({ Bucket: RESULTS }));
  return { moto, trino, results: RESULTS, stop };
}
