/** erase: what is missing until persons who are to be forgotten are in no row that readers see. */
import { keyedHash } from '#host/keyed-hash.ts';
import type { Progress } from '#host/progress.ts';
import { type ErasureProgress, erase } from '#lake/steps/erase.ts';
import type { LocalLake } from '../lake.ts';
import { withProgress } from './with-progress.ts';

/** Costs a listing where nobody was ever to be forgotten. */
export const eraseAll = (
  { ports, settings, addressKey }: Pick<LocalLake, 'ports' | 'settings' | 'addressKey'>,
  progress: Progress,
): Promise<ErasureProgress> =>
  withProgress('erase', 'partitions', progress, (onDay) =>
    erase(ports, { settings, keyedHash: addressKey === null ? undefined : keyedHash(addressKey), onDay }),
  );
