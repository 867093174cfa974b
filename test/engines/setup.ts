/** Before all tests of the engines: moto and Trino start; after them they stop. Those that `serve.ts` runs stay. */
import type { TestProject } from 'vitest/node';
import { runningEngines } from './engines.ts';

declare module 'vitest' {
  interface ProvidedContext {
    moto: string;
    trino: string;
    results: string;
  }
}

let stop: () => Promise<void> = async () => {};

export const teardown = (): Promise<void> => stop();

export async function setup(project: TestProject): Promise<void> {
  const engines = await runningEngines((line) => console.log(line));
  stop = engines.stop;
  project.provide('moto', engines.moto);
  project.provide('trino', engines.trino);
  project.provide('results', engines.results);
}
