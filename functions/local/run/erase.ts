/** erase: what is missing until persons who are to be forgotten are in no row that readers see, and in no raw object. */
import { keyedHash } from '#host/keyed-hash.ts';
import type { Progress } from '#host/progress.ts';
import { DAY_MS } from '#lake/days.ts';
import type { ErasedPersons } from '#lake/decode/erased-persons.ts';
import { type RawProgress, searchRaw } from '#lake/steps/erase/raw.ts';
import { askRaw, type ErasureProgress, erase, eraseRaw } from '#lake/steps/erase.ts';
import type { LocalLake } from '../lake.ts';
import { editSources } from '../raw/store.ts';
import { withProgress } from './with-progress.ts';

/** Costs a listing where nobody was ever to be forgotten. */
export const eraseAll = (
  { ports, settings, addressKey }: Pick<LocalLake, 'ports' | 'settings' | 'addressKey'>,
  progress: Progress,
): Promise<ErasureProgress> =>
  withProgress('erase', 'partitions', progress, (onDay) =>
    erase(ports, { settings, keyedHash: addressKey === null ? undefined : keyedHash(addressKey), onDay }),
  );

/** Writes raw objects once more without who is to be forgotten, all that have been read. */
export async function eraseAllRaw(
  { ports, settings, retention, addressKey, rawRoot, otherRaws }: LocalLake,
  progress: Progress,
): Promise<RawProgress | null> {
  await askRaw(ports);
  return withProgress('raw data', 'objects', progress, (onObjects) =>
    eraseRaw(ports, {
      settings,
      keyedHash: addressKey === null ? undefined : keyedHash(addressKey),
      editor: editSources(rawRoot, otherRaws),
      rawFrom: rawFromOf(ports.clock.now(), retention.rawDays),
      onObjects,
    }),
  );
}

/** Looks for persons in raw objects, and writes nothing. */
export const listAllRaw = (
  { ports, settings }: Pick<LocalLake, 'ports' | 'settings'>,
  persons: ErasedPersons,
  progress: Progress,
): Promise<RawProgress> =>
  withProgress('raw data', 'objects', progress, (onObjects) => searchRaw(ports, { persons, settings, onObjects }));

const rawFromOf = (now: number, rawDays: number | undefined): number | undefined =>
  rawDays === undefined ? undefined : now - rawDays * DAY_MS;
