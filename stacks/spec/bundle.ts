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
  };
  /** Folders, of the repository and of the package. SST zips a single file twice. */
  copyFiles: { from: string; to: string }[];
}

export const bundleOf = ({ needsSql }: Pick<Lambda, 'needsSql'>): Bundle => ({
  nodejs: { format: 'esm', minify: true },
  copyFiles: needsSql ? [{ from: 'sql', to: 'sql' }] : [],
});
