/**
 * A process of its own: evaluates the bundled program for each configuration, against Pulumi's MockMonitor in place of the
 * engine and a small server in place of SST's command line, and writes down what was registered.
 */
import crypto from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ADDRESS_KEY_SET } from './address-key-set.ts';
import type { Build, Configuration, Graph, Json, Resource } from './graph.ts';
import { answerOf, outputsOf } from './pretended-account.ts';
import type { Outputs, Pulumi } from './pretended-pulumi.ts';

interface Task {
  folder: string;
  out: string;
  root: string;
  account: string;
  configurations: readonly Configuration[];
}

interface Request {
  getType(): string;
  getName(): string;
  getCustom(): boolean;
  getParent(): string;
  getProtect(): boolean;
  getRetainondelete(): boolean;
  getDependenciesList(): string[];
  getIgnorechangesList(): string[];
  getObject(): unknown;
}
type Callback = (error: unknown, answer: unknown) => void;
type MonitorClass = new (
  mocks: unknown,
) => {
  registerResource(request: Request, callback: Callback): Promise<void>;
  registerResourceOutputs(request: Outputs, callback: Callback): void;
};

const task: Task = JSON.parse(process.argv[2] ?? '');
const require = createRequire(join(task.folder, 'run.mjs'));
const pulumi: Pulumi = require('@pulumi/pulumi');
const { MockMonitor }: { MockMonitor: MonitorClass } = require('@pulumi/pulumi/runtime/mocks');
const { deserializeProperties }: { deserializeProperties(struct: unknown): Record<string, Json> } =
  require('@pulumi/pulumi/runtime/rpc');

// As SST's command line hands a secret on that was set.
process.env.SST_SECRET_AddressKey = ADDRESS_KEY_SET;

// SST ends physical names with a few random letters; here they are the same each time.
crypto.randomBytes = (size: number) => Buffer.alloc(size, 1);

/** What marks a secret among properties (Pulumi, resource provider protocol). */
const SECRET = '4dabf18193072939515e22adb298388d';

/** Properties without the marks, and which of them had one. */
function opened(properties: Record<string, Json>): Pick<Resource, 'inputs' | 'secrets'> {
  const secrets: string[] = [];
  const inputs = Object.entries(properties).map(([name, value]): [string, Json] => {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !(SECRET in value)) return [name, value];
    secrets.push(name);
    return [name, value.value ?? null];
  });
  return { inputs: Object.fromEntries(inputs), secrets };
}

interface Recording {
  app: Graph['app'];
  resources: Resource[];
  builds: Build[];
  outputs: Record<string, Json>;
  errors: string[];
}
const recordings: Recording[] = [];
const current = (): Recording => {
  const last = recordings.at(-1);
  if (!last) throw new Error('nothing is being evaluated');
  return last;
};

class Recorder extends MockMonitor {
  override registerResource(request: Request, callback: Callback): Promise<void> {
    current().resources.push({
      type: request.getType(),
      name: request.getName(),
      parent: request.getParent().split('::').slice(2).join('::'),
      custom: request.getCustom(),
      protect: request.getProtect(),
      retainOnDelete: request.getRetainondelete(),
      dependsOn: request.getDependenciesList().map((urn) => urn.split('::').at(-1) ?? ''),
      ignoreChanges: request.getIgnorechangesList(),
      ...opened(deserializeProperties(request.getObject())),
    });
    return super.registerResource(request, callback);
  }

  override registerResourceOutputs(request: Outputs, callback: Callback): void {
    const type = request.getUrn().split('::')[2] ?? '';
    const outputs = deserializeProperties(request.getOutputs());
    if (type === 'pulumi:pulumi:Stack') current().outputs = outputs;
    super.registerResourceOutputs(request, callback);
  }
}

/** SST's command line builds the functions; their packages are looked at elsewhere (test/bundles), here they are empty. */
const commandLine: Readonly<Record<string, (input: Build) => Json>> = {
  'Provider.Aws.Bootstrap': () => ({
    asset: 'sst-asset',
    assetEcrRegistryId: task.account,
    assetEcrUrl: 'ecr',
    state: 'sst-state',
  }),
  'Runtime.Build': ({ functionID, handler, runtime, copyFiles, properties }) => {
    current().builds.push({ functionID, handler, runtime, copyFiles, properties });
    const out = join(task.folder, 'packages', functionID);
    mkdirSync(out, { recursive: true });
    const sourcemap = join(out, 'bundle.mjs.map');
    for (const file of [join(out, 'bundle.mjs'), sourcemap]) writeFileSync(file, '');
    return { handler: 'bundle.handler', out, errors: [], sourcemaps: [sourcemap] };
  },
};

const server = createServer(async (request, response) => {
  const { method, params }: { method: string; params: Build[] } = JSON.parse(
    Buffer.concat(await Array.fromAsync(request)).toString('utf8'),
  );
  // A connection kept open would keep the process from coming to rest for five seconds.
  response.setHeader('connection', 'close');
  const answer = commandLine[method];
  const [input] = params;
  response.end(JSON.stringify(answer && input ? { result: answer(input) } : { error: `rpc: can't find ${method}` }));
});
await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
// It never keeps the process from coming to rest.
server.unref();
const address = server.address();
process.env.SST_SERVER = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;

async function evaluate({ stage, config }: Configuration, number: number): Promise<void> {
  const paths = {
    home: task.folder,
    root: task.root,
    work: join(task.folder, 'work'),
    platform: join(task.root, '.sst', 'platform'),
  };
  const evaluation: Record<string, unknown> = {
    config,
    cli: { command: 'deploy', dev: false, paths, state: { version: {} } },
  };
  Object.assign(globalThis, { evaluation });
  const recording: Recording = {
    app: { name: '', stage, removal: '', protect: false, home: '' },
    resources: [],
    builds: [],
    outputs: {},
    errors: [],
  };
  recordings.push(recording);
  try {
    // Another address is another instance: nothing of the stage before is left in it.
    const programOf = (name: string): string => `${pathToFileURL(join(task.folder, name)).href}?${number}`;
    const { default: app } = await import(programOf('app.mjs'));
    recording.app = { removal: 'retain', protect: false, ...(await app({ stage })), stage };
    evaluation.app = recording.app;
    const account = { account: task.account, region: config.region };
    const mocks = {
      newResource: (made: { type: string; name: string; id?: string; inputs: Record<string, Json> }) =>
        outputsOf(made, account),
      call: (call: { token: string; inputs: Record<string, Json> }) => answerOf(call, account),
    };
    pulumi.runtime.setMocks(mocks, recording.app.name, stage, false);
    pulumi.runtime.setMockOptions(new Recorder(mocks), recording.app.name, stage, false);
    await pulumi.runtime.runInPulumiStack(async () => (await import(programOf('run.mjs'))).default);
    await pulumi.runtime.disconnect();
  } catch (error) {
    failed(error);
  }
}

function failed(error: unknown): void {
  const { errors } = current();
  const said = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (!errors.includes(said)) errors.push(said);
}
process.on('unhandledRejection', failed);
process.on('uncaughtException', failed);

// Outputs may be under way after the program has ended, or wait for ever if a constructor failed: a stage is done when the
// process has nothing left to do.
let next = 0;
process.on('beforeExit', () => {
  const configuration = task.configurations[next];
  if (configuration) void evaluate(configuration, next++);
});
process.on('exit', () => {
  writeFileSync(
    task.out,
    JSON.stringify(recordings, (key, value) => (key.startsWith('__') ? undefined : value)),
  );
  process.exitCode = 0;
});
