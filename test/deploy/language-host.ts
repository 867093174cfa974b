/**
 * A process of its own, in the place of Pulumi's language host for Node, which no package registry has: it starts the
 * program that SST's command line has bundled in a process of its own, and says how that ended.
 */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';

/** Of gRPC and of the messages of Pulumi's protocol, as far as they are used here. */
interface Server {
  addService(service: object, handlers: object): void;
  bindAsync(address: string, credentials: unknown, done: (error: Error | null, port: number) => void): void;
}
interface Message {
  setVersion(version: string): void;
  setBail(isOver: boolean): void;
  setError(text: string): void;
}
interface Info {
  getRootDirectory(): string;
  getProgramDirectory(): string;
  getEntryPoint(): string;
}
interface Run {
  getInfo(): Info;
  getMonitorAddress(): string;
  getOrganization(): string;
  getProject(): string;
  getStack(): string;
  getDryrun(): boolean;
  getParallel(): number;
  getArgsList(): string[];
  getConfigMap(): { entries(): Iterable<[string, string]> };
  getConfigsecretkeysList(): string[];
  getEngineAddress(): string;
}
type Answer = (error: unknown, message?: unknown) => void;
type Messages = Record<string, new () => Message>;

const need = createRequire(`${process.env.MAILLAKE_PLATFORM}/node_modules/`);
const grpc: {
  Server: new (options: object) => Server;
  ServerCredentials: { createInsecure(): unknown };
  status: Record<string, number>;
} = need('@grpc/grpc-js');
const { LanguageRuntimeService }: { LanguageRuntimeService: object } = need('@pulumi/pulumi/proto/language_grpc_pb');
const messages: Messages = need('@pulumi/pulumi/proto/language_pb');
const plugin: Messages = need('@pulumi/pulumi/proto/plugin_pb');
const { Empty }: Messages = need('google-protobuf/google/protobuf/empty_pb');

const make = (types: Messages, name: string): Message => {
  const Type = types[name];
  if (!Type) throw new Error(`Pulumi's protocol has no ${name}`);
  return new Type();
};
/** The program has said itself what was wrong (Pulumi, `nodeJSProcessExitedAfterLoggingUserActionableMessage`). */
const SAID = 32;
let engine = process.argv.at(-1) ?? '';

const handlers: Record<string, (call: { request: Run }, answer: Answer) => void> = {
  handshake({ request }, answer) {
    engine = request.getEngineAddress();
    answer(null, make(messages, 'LanguageHandshakeResponse'));
  },
  getPluginInfo(_, answer) {
    const info = make(plugin, 'PluginInfo');
    info.setVersion('3.215.0');
    answer(null, info);
  },
  getRequiredPackages: (_, answer) => answer(null, make(messages, 'GetRequiredPackagesResponse')),
  getRequiredPlugins: (_, answer) => answer(null, make(messages, 'GetRequiredPluginsResponse')),
  cancel: (_, answer) => answer(null, make({ Empty } as Messages, 'Empty')),
  run({ request }, answer) {
    const info = request.getInfo();
    const options: Record<string, string | number> = {
      monitor: request.getMonitorAddress(),
      engine,
      organization: request.getOrganization(),
      project: request.getProject(),
      'root-directory': info.getRootDirectory(),
      stack: request.getStack(),
      pwd: info.getProgramDirectory(),
      parallel: request.getParallel(),
    };
    const words = Object.entries(options).flatMap(([name, value]) => (value ? [`--${name}`, String(value)] : []));
    const program = [info.getEntryPoint(), ...request.getArgsList()];
    const child = spawn(
      process.execPath,
      [need.resolve('@pulumi/pulumi/cmd/run'), ...words, ...(request.getDryrun() ? ['--dry-run'] : []), ...program],
      {
        stdio: ['ignore', 'inherit', 'inherit'],
        cwd: info.getProgramDirectory(),
        env: {
          ...process.env,
          PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().entries())),
          PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
        },
      },
    );
    child.on('exit', (code) => {
      const response = make(messages, 'RunResponse');
      if (code === SAID) response.setBail(true);
      else if (code !== 0) response.setError(`program exited with ${code}`);
      answer(null, response);
    });
  },
};

const server = new grpc.Server({ 'grpc.max_receive_message_length': 1 << 28 });
const implemented = Object.fromEntries(
  Object.keys(LanguageRuntimeService).map((name) => [
    name,
    handlers[name] ?? ((_: unknown, answer: Answer) => answer({ code: grpc.status.UNIMPLEMENTED, details: name })),
  ]),
);
server.addService(LanguageRuntimeService, implemented);
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(`${port}\n`);
});
