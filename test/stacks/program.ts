/** sst.config.ts with all it imports, bundled as SST's command line does: into one program that runs app(), then run(). */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { PLATFORM, REPOSITORY } from './platform.ts';

/** Left for the program to find: the providers, and what SST's components build with. */
const EXTERNAL = [
  '@pulumi/*',
  '@pulumiverse/*',
  '@sst-provider/*',
  '@aws-sdk/*',
  'undici',
  'esbuild',
  'archiver',
  'glob',
  'vite',
];

/** What CommonJS packages need in an ESM bundle. */
const COMMON_JS = `
import { createRequire as makeRequire } from 'node:module';
import { fileURLToPath as pathOf } from 'node:url';
import { dirname as folderOf } from 'node:path';
const require = makeRequire(import.meta.url), __filename = pathOf(import.meta.url), __dirname = folderOf(__filename);
`;

/** Writes `app.mjs` (default: the config's app) and `run.mjs` (default: the stack's outputs) into the folder. */
export async function buildProgram(folder: string): Promise<void> {
  const config = JSON.stringify(join(REPOSITORY, 'sst.config.ts'));
  const common: BuildOptions = {
    absWorkingDir: REPOSITORY,
    bundle: true,
    format: 'esm',
    platform: 'node',
    mainFields: ['module', 'main'],
    external: EXTERNAL,
    nodePaths: [join(PLATFORM, 'node_modules')],
    sourcemap: 'linked',
    logLevel: 'silent',
    plugins: [noTopLevelImports, configOfTheTask],
  };
  await Promise.all([
    build({
      ...common,
      outfile: join(folder, 'app.mjs'),
      banner: { js: `${COMMON_JS}function $config(input) { return input }` },
      stdin: { contents: `import config from ${config};\nexport default config.app;`, resolveDir: REPOSITORY },
    }),
    build({
      ...common,
      outfile: join(folder, 'run.mjs'),
      banner: { js: COMMON_JS },
      inject: [join(PLATFORM, 'src/shim/run.js')],
      plugins: [configOfTheTask, globals],
      define: { $app: 'globalThis.evaluation.app', $cli: 'globalThis.evaluation.cli', $dev: 'false' },
      stdin: {
        contents: `import { run } from ${JSON.stringify(join(PLATFORM, 'src/auto/run.ts'))};
import config from ${config};
export default await run(config.run);`,
        resolveDir: REPOSITORY,
      },
    }),
  ]);
}

type Plugin = NonNullable<BuildOptions['plugins']>[number];

/** SST refuses them, so does this. */
const noTopLevelImports: Plugin = {
  name: 'no top-level imports',
  setup({ onResolve }) {
    onResolve({ filter: /.*/ }, ({ importer, kind }) =>
      importer.endsWith('/sst.config.ts') && kind === 'import-statement'
        ? { errors: [{ text: 'sst.config.ts has a top-level import' }] }
        : undefined,
    );
  },
};

/** SST puts them before every file that isn't its own. */
const globals: Plugin = {
  name: 'globals',
  setup({ onLoad }) {
    onLoad({ filter: /\.[jt]s$/ }, ({ path }) => {
      if (path.startsWith(PLATFORM)) return undefined;
      const imports = `import * as aws from '@pulumi/aws'; import * as sst from ${JSON.stringify(join(PLATFORM, 'src/components'))};`;
      return { contents: `${imports}\n${readFileSync(path, 'utf8')}`, loader: path.endsWith('.ts') ? 'ts' : 'js' };
    });
  },
};

/** The user's file gives way to the configuration that is asked for. */
const configOfTheTask: Plugin = {
  name: 'config of the task',
  setup({ onLoad }) {
    onLoad({ filter: /\/maillake\.config\.ts$/ }, () => ({
      contents: 'export const config = globalThis.evaluation.config;',
    }));
  },
};
