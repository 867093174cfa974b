/**
 * All that `sst deploy` needs, on loopback: Pulumi's engine and its language host, the provider of these tests on moto as the
 * account, and SST's own home. In it, checkouts of the repository, each with a config of its own.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  constants,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LakeConfig } from '../../stacks/config.ts';
import { installMoto, installPulumi } from '../engines/install.ts';
import { startMoto } from '../engines/moto.ts';
import { ACCOUNT } from '../stacks/graph.ts';
import { PLATFORM, preparePlatform, QUIET_SST, REPOSITORY } from '../stacks/platform.ts';
import { pretendAws } from '../stacks/pretended-aws.ts';
import { type Account, openAccount } from './account.ts';

/** What the provider did, or in a preview would do. */
export interface Operation {
  operation: 'create' | 'update' | 'delete' | 'will update' | 'will replace';
  type: string;
  name: string;
  /** inputs that differ */
  changed: readonly string[];
}

export interface Outcome {
  /** SST's exit code; -1: it was killed */
  code: number;
  said: string;
  operations: readonly Operation[];
}

export interface World {
  moto: string;
  /** the command of a Python with moto */
  python: string;
  account: Account;
  makeBucket(name: string): Promise<unknown>;
  /** a copy of what a stage is made from, with this config */
  checkout(config: LakeConfig): Checkout;
  /** SST's home forgets all that it knows about stages */
  loseState(): void;
  stop(): Promise<void>;
}

export interface Checkout {
  folder: string;
  /** takes the place of the config */
  configure(config: LakeConfig): void;
  /** changes a file's text; @throws Error if it has none of `before` */
  edit(path: string, before: string | RegExp, after: string): void;
  /** `sst deploy --stage dev` is `sst('deploy', 'dev')` */
  sst(command: string, stage: string, options?: RunOptions): Promise<Outcome>;
}

export interface RunOptions {
  /** kills SST, engine and provider once the provider has done so many operations */
  killAfter?: number;
  /** the resource of this name is made, and can't be read then */
  fault?: string;
}

export const REGION = 'eu-west-1';

export async function openWorld(say: (line: string) => void, region = REGION): Promise<World> {
  const [pulumi, python] = [installPulumi(say), installMoto(say)];
  await preparePlatform();
  const folder = mkdtempSync(join(tmpdir(), 'deploy-'));
  const moto = await startMoto({ python }, folder);
  const bridge = await startBridge(python, moto.address, region);
  const home = await pretendAws(ACCOUNT, bridge.address);
  const account = openAccount(bridge.address);
  const makeBucket = (Bucket: string): Promise<unknown> =>
    account.send({
      service: 's3',
      operation: 'CreateBucket',
      input: {
        Bucket,
        ...(region === 'us-east-1' ? {} : { CreateBucketConfiguration: { LocationConstraint: region } }),
      },
    });
  await makeBucket('sst-asset');
  const config = configHome(folder, pulumi);
  const operations = join(folder, 'operations.jsonl');

  const environment = (): NodeJS.ProcessEnv => ({
    ...process.env,
    ...QUIET_SST,
    XDG_CONFIG_HOME: join(folder, 'config'),
    PATH: `${config}:${join(REPOSITORY, 'node_modules', '.bin')}:${process.env.PATH}`,
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: 'true',
    AWS_ENDPOINT_URL: home.address,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: region,
    // Program and provider start anew for each deployment.
    NODE_COMPILE_CACHE: join(PLATFORM, '..', 'compiled'),
    MAILLAKE_PLATFORM: PLATFORM,
    MAILLAKE_ACCOUNT: bridge.address,
    MAILLAKE_OPERATIONS: operations,
    MAILLAKE_PLACE: JSON.stringify({ account: ACCOUNT, region }),
  });
  let checkouts = 0;
  return {
    moto: moto.address,
    python,
    account,
    makeBucket,
    checkout(lake) {
      const copy = copyRepository(join(folder, `checkout-${++checkouts}`));
      const made: Checkout = {
        folder: copy,
        configure: (changed) =>
          writeFileSync(
            join(copy, 'maillake.config.ts'),
            `import type { LakeConfig } from './stacks/config.ts';\nexport const config: LakeConfig = ${JSON.stringify(changed)};\n`,
          ),
        edit(path, before, after) {
          const text = readFileSync(join(copy, path), 'utf8');
          const edited = text.replace(before, after);
          if (edited === text) throw new Error(`${path} has no ${before}`);
          writeFileSync(join(copy, path), edited);
        },
        async sst(command, stage, { killAfter, fault } = {}) {
          writeFileSync(operations, '');
          const { code, said } = await run(
            [command, '--stage', stage],
            copy,
            {
              ...environment(),
              MAILLAKE_FAULT: fault ?? '',
              // One that runs to its end needs no state in between, which is written anew after each resource.
              ...(killAfter === undefined ? { PULUMI_EXPERIMENTAL: 'true', PULUMI_SKIP_CHECKPOINTS: 'true' } : {}),
            },
            () => {
              if (killAfter === undefined) return false;
              return readFileSync(operations, 'utf8').split('\n').length > killAfter;
            },
          );
          const lines = readFileSync(operations, 'utf8')
            .split('\n')
            .filter((line) => line !== '');
          return { code, said, operations: lines.map((line): Operation => JSON.parse(line)) };
        },
      };
      made.configure(lake);
      return made;
    },
    loseState() {
      home.forget();
    },
    async stop() {
      await home.close();
      await bridge.stop();
      await moto.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Where SST has its engine, and the engine its plugins. @returns the folder of the engine */
function configHome(folder: string, pulumi: string): string {
  const home = join(folder, 'config', 'sst');
  const bin = join(home, 'bin');
  mkdirSync(bin, { recursive: true });
  // It looks for its language host beside itself, and follows links to where it lies.
  cpSync(pulumi, join(bin, 'pulumi'), { mode: constants.COPYFILE_FICLONE });
  executable(join(bin, 'pulumi-language-nodejs'), 'language-host.ts');
  for (const [name, version] of [
    ['aws', '7.20.0'],
    ['random', '4.16.6'],
  ]) {
    const plugin = join(home, 'plugins', `resource-${name}-v${version}`);
    mkdirSync(plugin, { recursive: true });
    executable(join(plugin, `pulumi-resource-${name}`), 'provider.ts');
  }
  return bin;
}

function executable(path: string, script: string): void {
  const node = `'${process.execPath}' --no-warnings '${join(import.meta.dirname, script)}'`;
  writeFileSync(path, `#!/bin/sh\nNODE_OPTIONS= exec ${node} "$@"\n`);
  chmodSync(path, 0o755);
}

/** SST writes beside what it reads. */
function copyRepository(copy: string): string {
  mkdirSync(join(copy, '.sst'), { recursive: true });
  for (const name of [
    'functions',
    'sql',
    'stacks',
    'sst.config.ts',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    '.gitignore',
  ]) {
    cpSync(join(REPOSITORY, name), join(copy, name), { recursive: true });
  }
  symlinkSync(join(REPOSITORY, 'node_modules'), join(copy, 'node_modules'));
  symlinkSync(PLATFORM, join(copy, '.sst', 'platform'));
  cpSync(join(PLATFORM, '..', 'provider-lock.json'), join(copy, '.sst', 'provider-lock.json'));
  return copy;
}

async function run(
  words: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
  isTimeToDie: () => boolean,
): Promise<{ code: number; said: string }> {
  const child = spawn(join(REPOSITORY, 'node_modules', '.bin', 'sst'), words, { cwd, env, detached: true });
  const parts: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => void parts.push(part));
  const watch = setInterval(() => {
    if (isTimeToDie()) killAll(child);
  }, 20);
  const code = await new Promise<number>((resolve) => child.once('close', (status) => resolve(status ?? -1)));
  clearInterval(watch);
  return { code, said: Buffer.concat(parts).toString('utf8') };
}

/** With all that it has started: the engine has a group of its own. */
function killAll({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  for (const one of [...descendantsOf(pid), pid]) {
    try {
      process.kill(one, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
}

function descendantsOf(pid: number): number[] {
  try {
    // Any thread of a process may have started one.
    const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
    return children.flatMap((child) => [...descendantsOf(child), child]);
  } catch {
    // It has ended meanwhile.
    return [];
  }
}

async function startBridge(
  python: string,
  moto: string,
  region: string,
): Promise<{ address: string; stop(): Promise<void> }> {
  const child = spawn(python, [join(import.meta.dirname, 'account.py'), moto, region], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (line: Buffer) => resolve(line.toString().trim()));
    child.once('exit', (code) => reject(new Error(`account.py ended with ${code}`)));
  });
  return {
    address: `http://127.0.0.1:${port}`,
    async stop() {
      child.kill();
      await new Promise((resolve) => child.once('exit', resolve));
    },
  };
}

/** @throws if SST has failed, with what it said */
export function done(outcome: Outcome): Outcome {
  if (outcome.code !== 0) throw new Error(`sst ended with ${outcome.code}:\n${outcome.said.slice(-4000)}`);
  return outcome;
}

/** Names of what was done so to, once each. */
export const named = (operations: readonly Operation[], operation: Operation['operation']): string[] =>
  [...new Set(operations.filter((one) => one.operation === operation).map(({ name }) => name))].sort();

/** Without functions' packages and saved queries: each change of one makes another. */
export const lasting = (names: readonly string[]): string[] =>
  names.filter((name) => !/(Query|Code|Sourcemap\d+)$/.test(name));

/** Names of what is replaced and should not be. */
export const madeAnew = (operations: readonly Operation[]): string[] => lasting(named(operations, 'will replace'));
