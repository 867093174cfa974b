/** Before all tests of the engines: moto and Trino start; after them they stop. Those that `serve.ts` runs stay. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import type { TestProject } from 'vitest/node';
import { connect } from '#aws/clients.ts';
import { installEngines } from './install.ts';
import { startMoto } from './moto.ts';
import { REGION, startTrino } from './trino.ts';

declare module 'vitest' {
  interface ProvidedContext {
    moto: string;
    trino: string;
    results: string;
  }
}

const RESULTS = 'query-results';

let stop: () => Promise<void> = async () => {};

export const teardown = (): Promise<void> => stop();

export async function setup(project: TestProject): Promise<void> {
  process.env.AWS_ACCESS_KEY_ID = 'test';
  process.env.AWS_SECRET_ACCESS_KEY = 'test';
  process.env.AWS_REGION = REGION;
  const { MAILLAKE_MOTO, MAILLAKE_TRINO } = process.env;
  if (MAILLAKE_MOTO && MAILLAKE_TRINO) return provide(project, MAILLAKE_MOTO, MAILLAKE_TRINO);

  const engines = installEngines((line) => console.log(line));
  const logs = join(tmpdir(), 'maillake-engines-logs');
  mkdirSync(logs, { recursive: true });
  console.log(`logs of moto and Trino: ${logs}`);

  const folder = mkdtempSync(join(logs, 'run-'));
  const moto = await startMoto(engines, logs);
  try {
    const trino = await startTrino(engines, moto.address, folder);
    await provide(project, moto.address, trino.client.address);
    stop = async () => {
      await trino.stop();
      await moto.stop();
      rmSync(folder, { recursive: true, force: true });
    };
  } catch (error) {
    await moto.stop();
    throw error;
  }
}

async function provide(project: TestProject, moto: string, trino: string): Promise<void> {
  await connect({ endpoint: moto }).s3.send(new CreateBucketCommand({ Bucket: RESULTS }));
  project.provide('moto', moto);
  project.provide('trino', trino);
  project.provide('results', RESULTS);
}
