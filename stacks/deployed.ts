/** Reads which resources a stage already has, from SST's state. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Stage } from '#aws/stage-names.ts';

/** A resource as Pulumi keeps it (its checkpoint, version 3). */
export interface DeployedResource {
  urn: string;
  type: string;
  id?: string;
  inputs?: Readonly<Record<string, unknown>>;
  /** what went wrong after it was made */
  initErrors?: readonly string[];
}

/** By type and logical name. */
export type Deployed = ReadonlyMap<string, DeployedResource>;

export const keyOf = (type: string, name: string): string => `${type}::${name}`;

/** SST's command line has the engine keep its state in a folder. */
export const isEngineRunning = (backend = process.env.PULUMI_BACKEND_URL): boolean =>
  backend?.startsWith('file://') === true;

/** Nothing for a stage that was never deployed, for one whose state was lost, and where no engine runs. */
export function deployedResources({ app, stage }: Stage, backend = process.env.PULUMI_BACKEND_URL): Deployed {
  if (backend === undefined || !isEngineRunning(backend)) return new Map();
  const path = join(fileURLToPath(backend), '.pulumi', 'stacks', app, `${stage}.json`);
  if (!existsSync(path)) return new Map();
  const state: { checkpoint?: { latest?: { resources?: DeployedResource[] } } } = JSON.parse(
    readFileSync(path, 'utf8'),
  );
  const resources = state.checkpoint?.latest?.resources ?? [];
  return new Map(resources.map((resource) => [keyOf(resource.type, nameOf(resource.urn)), resource]));
}

const nameOf = (urn: string): string => urn.split('::').at(-1) ?? '';

/**
 * The logical name of a resource that can't be updated once making it has failed: the engine would ask for an update of
 * what was made and could not be read then, or was taken back. Instead it is made again by another logical name, and
 * the failed one is removed.
 */
export function wholeOne(deployed: Deployed, type: string, name: string): string {
  const names = [name, againName(name)];
  const isBroken = (one: string): boolean => (deployed.get(keyOf(type, one))?.initErrors ?? []).length > 0;
  const whole = names.find((one) => deployed.has(keyOf(type, one)) && !isBroken(one));
  return whole ?? names.find((one) => !isBroken(one)) ?? name;
}

export const againName = (name: string): string => `${name}Again`;
