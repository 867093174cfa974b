/**
 * What a function's package holds and how its code is bundled, in the words of SST's `sst.aws.Function`: the stack hands
 * this over as it is, and the tests build the same.
 */
import type { Lambda } from './lambdas.ts';

export interface Bundle {
  nodejs: {
    format: 'esm';
    /** SST's documentation calls it the default; without it SST 4.17.1 does not minify (tried). */
    minify: true;
    /** put before the bundle */
    banner: string;
    esbuild: { define: Record<string, string> };
  };
  /** Folders, of the repository and of the package. SST zips a single file twice. */
  copyFiles: { from: string; to: string }[];
}

/** Folder of the package that holds parquet-wasm's own files. */
const WASM_FOLDER = 'parquet-wasm';

export const bundleOf = ({ needsSql, needsParquet }: Pick<Lambda, 'needsSql' | 'needsParquet'>): Bundle => ({
  nodejs: {
    format: 'esm',
    minify: true,
    // parquet-wasm looks for its .wasm beside its code, by `__dirname`, which is the bundle's folder in a bundle.
    banner: needsParquet ? `const wasmFolder = import.meta.dirname + '/${WASM_FOLDER}';` : '',
    esbuild: { define: needsParquet ? { __dirname: 'wasmFolder' } : {} },
  },
  copyFiles: [
    ...(needsParquet ? [{ from: 'node_modules/parquet-wasm/node', to: WASM_FOLDER }] : []),
    ...(needsSql ? [{ from: 'sql', to: 'sql' }] : []),
  ],
});
