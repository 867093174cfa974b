/**
 * A process of its own, in the place of Pulumi's engine: runs the program that SST's command line has bundled against
 * MockMonitor, and leaves behind the state and the log of events that the command line reads.
 */
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ACCOUNT, type Json } from './graph.ts';
import { answerOf, outputsOf } from './pretended-account.ts';

/** The part of Pulumi that is used here. */
export interface Pulumi {
  runtime: {
    setMocks(mocks: unknown, project: string, stack: string, preview: boolean): void;
    setMockOptions(monitor: unknown, project: string, stack: string, preview: boolean): void;
    runInPulumiStack(program: () => Promise<unknown>): Promise<unknown>;
    disconnect(): Promise<void>;
  };
}
export interface Outputs {
  getUrn(): string;
  getOutputs(): unknown;
}
type MonitorClass = new (
  mocks: unknown,
) => {
  registerResourceOutputs(request: Outputs, callback: (error: unknown, answer: unknown) => void): void;
};

/** The engine that SST 4.17.1 asks for. */
const VERSION = 'v3.215.0';
const [command, ...words] = process.argv.slice(2);
const option = (name: string): string => words[words.indexOf(name) + 1] ?? '';
const stateOf = (app: string, stage: string): string =>
  join((process.env.PULUMI_BACKEND_URL ?? '').replace('file://', ''), '.pulumi', 'stacks', app, `${stage}.json`);

if (command === 'version') console.log(VERSION);
if (command === 'stack' && words[0] === 'init') init(words[1] ?? '');
if (command === 'preview' || command === 'up') await preview();

function init(stack: string): void {
  const [, app = '', stage = ''] = stack.split('/');
  const path = stateOf(app, stage);
  mkdirSync(dirname(path), { recursive: true });
  const manifest = { time: '2026-01-01T00:00:00Z', magic: '', version: '' };
  writeFileSync(path, JSON.stringify({ version: 3, checkpoint: { stack, latest: { manifest, resources: [] } } }));
}

async function preview(): Promise<void> {
  const [, main = ''] = /^main: (.*)$/m.exec(readFileSync('Pulumi.yaml', 'utf8')) ?? [];
  const [, app = '', stage = ''] = option('--stack').split('/');
  const require = createRequire(main);
  const pulumi: Pulumi = require('@pulumi/pulumi');
  const { MockMonitor }: { MockMonitor: MonitorClass } = require('@pulumi/pulumi/runtime/mocks');
  const { deserializeProperties }: { deserializeProperties(struct: unknown): Record<string, Json> } =
    require('@pulumi/pulumi/runtime/rpc');
  const account = { account: ACCOUNT, region: process.env.AWS_REGION ?? '' };
  const made: string[] = [];
  const links: Record<string, Json>[] = [];

  class Monitor extends MockMonitor {
    override registerResourceOutputs(request: Outputs, callback: (error: unknown, answer: unknown) => void): void {
      const urn = request.getUrn();
      const outputs = deserializeProperties(request.getOutputs());
      if (/sst:sst:LinkRef::/.test(urn))
        links.push({ urn, custom: false, type: 'sst:sst:LinkRef', inputs: {}, outputs });
      super.registerResourceOutputs(request, callback);
    }
  }
  const mocks = {
    newResource(resource: { type: string; name: string; id?: string; inputs: Record<string, Json> }) {
      made.push(`${resource.type}::${resource.name}`);
      return outputsOf(resource, account);
    },
    call: (call: { token: string; inputs: Record<string, Json> }) => answerOf(call, account),
  };
  pulumi.runtime.setMocks(mocks, app, stage, false);
  pulumi.runtime.setMockOptions(new Monitor(mocks), app, stage, false);
  // Functions are still being built when the program has ended; the process ends by itself when they are.
  process.on('exit', (code) => {
    const path = stateOf(app, stage);
    const state: { checkpoint: { latest: { resources: unknown[] } } } = JSON.parse(readFileSync(path, 'utf8'));
    state.checkpoint.latest.resources = links;
    writeFileSync(
      path,
      JSON.stringify(state, (key, value) => (key.startsWith('__') ? undefined : value)),
    );
    appendFileSync(
      option('--event-log'),
      eventsOf(app, stage, made)
        .map((event) => `${JSON.stringify(event)}\n`)
        .join(''),
    );
    // Pulumi sets one while outputs are under way: what counts is whether the program threw.
    process.exitCode = hasFailed ? code || 1 : 0;
  });
  let hasFailed = false;
  try {
    await pulumi.runtime.runInPulumiStack(async () => (await import(pathToFileURL(main).href)).default);
    await pulumi.runtime.disconnect();
  } catch (error) {
    hasFailed = true;
    console.error(error);
  }
}

function eventsOf(app: string, stage: string, made: readonly string[]): unknown[] {
  const created = made.map((resource, sequence) => ({
    sequence,
    timestamp: 1,
    resourcePreEvent: {
      planning: true,
      metadata: {
        op: 'create',
        urn: `urn:pulumi:${stage}::${app}::${resource}`,
        type: resource.split('::')[0],
        provider: '',
      },
    },
  }));
  const summary = {
    maybeCorrupt: false,
    durationSeconds: 0,
    resourceChanges: { create: made.length },
    policyPacks: {},
  };
  return [...created, { sequence: made.length, timestamp: 1, summaryEvent: summary }];
}
