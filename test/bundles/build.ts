/**
 * The functions' packages as SST makes them (4.17.1, `pkg/runtime/node`, read and compared with what its binary makes:
 * test/stacks/command-line.spec.ts): one folder a function, with its bundle, and the files that its declaration adds.
 */
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { build } from 'esbuild';
import { bundleOf } from '../../stacks/spec/bundle.ts';
import { LAMBDAS, type Lambda, type LambdaName } from '../../stacks/spec/lambdas.ts';
import { isSqlFile } from '../../stacks/spec/sql-files.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** What SST puts before every bundle in ESM. */
const BANNER = `import { createRequire as topLevelCreateRequire } from 'module';
const require = topLevelCreateRequire(import.meta.url);
import { fileURLToPath as topLevelFileUrlToPath, URL as topLevelURL } from "url"
const __filename = topLevelFileUrlToPath(import.meta.url)
const __dirname = topLevelFileUrlToPath(new topLevelURL(".", import.meta.url))
`;

export interface Package {
  name: LambdaName;
  folder: string;
  /** names of the npm packages whose code is in the bundle */
  packages: Set<string>;
}

/** Bundles every function below `folder`, all in one go for each way that they are bundled. */
export async function buildPackages(folder: string): Promise<Package[]> {
  const lambdas = names.map((name) => ({ name, bundle: bundleOf(declared(name)) }));
  const alike = Map.groupBy(lambdas, ({ bundle }) => JSON.stringify(bundle.nodejs));
  const built = await Promise.all([...alike.values()].map((group) => buildAlike(group, folder)));
  for (const { name, bundle } of lambdas) {
    for (const { from, to } of bundle.copyFiles) {
      cpSync(join(REPOSITORY, from), join(folder, name, to), { recursive: true, filter: isSqlFile });
    }
  }
  return built.flat();
}

const isName = (name: string): name is LambdaName => Object.hasOwn(LAMBDAS, name);
export const names: LambdaName[] = Object.keys(LAMBDAS).filter(isName);

/** The declaration with all that may be in one. */
export const declared = (name: LambdaName): Lambda => LAMBDAS[name];

interface Named {
  name: LambdaName;
  bundle: ReturnType<typeof bundleOf>;
}

async function buildAlike(group: readonly Named[], folder: string): Promise<Package[]> {
  const [first] = group;
  if (!first) return [];
  const { format, minify } = first.bundle.nodejs;
  const { metafile } = await build({
    entryPoints: group.map(({ name }) => ({
      in: declared(name).handler.replace(/\.handler$/, '.ts'),
      out: `${name}/bundle`,
    })),
    absWorkingDir: REPOSITORY,
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    platform: 'node',
    format,
    target: 'es2024',
    mainFields: ['module', 'main'],
    external: ['sharp', 'pg-native'],
    bundle: true,
    keepNames: true,
    minify,
    banner: { js: BANNER },
    metafile: true,
    logLevel: 'silent',
  });
  return group.map(({ name }) => {
    const output = Object.entries(metafile.outputs).find(([path]) => path.endsWith(`/${name}/bundle.mjs`))?.[1];
    const used = Object.entries(output?.inputs ?? {}).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
    return { name, folder: join(folder, name), packages: new Set(used.flatMap(([path]) => packageOf(path))) };
  });
}

const packageOf = (path: string): string[] => {
  const [, name] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path) ?? [];
  return name === undefined ? [] : [name];
};

/** Bytes of the package as a zip: each file is deflated by itself, and named twice. */
export const zippedBytes = (folder: string): number =>
  filesOf(folder).reduce(
    (sum, path) => sum + deflateRawSync(readFileSync(join(folder, path))).length + 2 * Buffer.byteLength(path) + 76,
    22,
  );

/** Paths of the files of a package. */
export const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
    .sort();
