/**
 * What a stage is made of, as data: the real components of SST, evaluated without an account. Everything that would be
 * registered with Pulumi's engine is here with its inputs.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { LakeConfig } from '../../stacks/config.ts';
import { PLATFORM, preparePlatform, REPOSITORY } from './platform.ts';
import { buildProgram } from './program.ts';

export type Json = string | number | boolean | null | undefined | readonly Json[] | { readonly [key: string]: Json };

export interface Resource {
  /** `aws:s3/bucket:Bucket` */
  type: string;
  /** its logical name, by which an update finds it again */
  name: string;
  /** `type::name` of the component it is part of */
  parent: string;
  inputs: Readonly<Record<string, Json>>;
  /** properties that are kept secret in the stage's state */
  secrets: string[];
  /** is made by a provider, not a component */
  custom: boolean;
  protect: boolean;
  retainOnDelete: boolean;
  /** names of what it comes after */
  dependsOn: readonly string[];
  /** changes of these inputs are no changes */
  ignoreChanges: readonly string[];
}

/** What SST's builder was asked for, for a function. */
export interface Build {
  functionID: string;
  handler: string;
  runtime: string;
  copyFiles: readonly { from: string; to: string }[];
  properties: Readonly<Record<string, Json>>;
}

export interface Graph {
  app: { name: string; stage: string; removal: string; protect: boolean; home: string };
  resources: readonly Resource[];
  builds: readonly Build[];
  /** what `sst deploy` prints */
  outputs: Readonly<Record<string, Json>>;
  errors: readonly string[];
}

/** A stage to be evaluated. */
export interface Configuration {
  stage: string;
  config: LakeConfig;
}

/** Of the account that is evaluated for. */
export const ACCOUNT = '123456789012';

export const evaluateStage = async (configuration: Configuration): Promise<Graph> => {
  const [graph] = await evaluateStages([configuration]);
  if (!graph) throw new Error('no graph');
  return graph;
};

/**
 * In one process, one after another, in the order given. A stage that can't be made has `errors`.
 * @throws Error if the process dies
 */
export async function evaluateStages(configurations: readonly Configuration[]): Promise<Graph[]> {
  await preparePlatform();
  // Below the platform's folder, where the program finds the packages that SST brings.
  const scratch = join(PLATFORM, 'evaluations');
  mkdirSync(scratch, { recursive: true });
  const folder = mkdtempSync(join(scratch, 'at-'));
  try {
    await buildProgram(folder);
    const out = join(folder, 'graphs.json');
    const task = { folder, out, root: REPOSITORY, account: ACCOUNT, configurations };
    const run = promisify(execFile)(
      process.execPath,
      ['--no-warnings', '--stack-trace-limit=4', join(import.meta.dirname, 'evaluate.ts'), JSON.stringify(task)],
      {
        cwd: REPOSITORY,
        timeout: 60_000 + configurations.length * 20_000,
        maxBuffer: 1 << 26,
        env: {
          ...process.env,
          AWS_EC2_METADATA_DISABLED: 'true',
          NODE_COMPILE_CACHE: join(PLATFORM, '..', 'compiled'),
        },
      },
    );
    const said = await run.catch((error: { stderr?: string; message?: string }) => error);
    return graphsOf(out, String(said.stderr ?? ''));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function graphsOf(path: string, stderr: string): Graph[] {
  try {
    const graphs: Graph[] = JSON.parse(readFileSync(path, 'utf8'));
    return graphs;
  } catch (error) {
    throw new Error(`evaluation wrote no graph: ${String(error)}\n${stderr}`);
  }
}

/** Resources of a type, `aws:glue/catalogTable:CatalogTable`. */
export const ofType = ({ resources }: Graph, type: string): Resource[] =>
  resources.filter((resource) => resource.type === type);

/** The one resource of this type and name. @throws Error if there is none */
export function resourceOf(graph: Graph, type: string, name: string): Resource {
  const found = ofType(graph, type).filter((resource) => resource.name === name);
  if (found.length !== 1 || !found[0]) {
    throw new Error(`there are ${found.length} of ${type} ${name}: ${ofType(graph, type).map((one) => one.name)}`);
  }
  return found[0];
}

/** What lies in `value` along keys and indexes. */
export function at(value: Json, ...path: readonly (string | number)[]): Json {
  let found: Json = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    const entry = Object.entries(found).find(([name]) => name === String(key));
    found = entry?.[1];
  }
  return found;
}

export function textAt(value: Json, ...path: readonly (string | number)[]): string {
  const found = at(value, ...path);
  if (typeof found !== 'string') throw new Error(`no text at ${path.join('.')}: ${JSON.stringify(found)}`);
  return found;
}

export function listAt(value: Json, ...path: readonly (string | number)[]): readonly Json[] {
  const found = at(value, ...path);
  if (!Array.isArray(found)) throw new Error(`no list at ${path.join('.')}: ${JSON.stringify(found)}`);
  return found;
}
