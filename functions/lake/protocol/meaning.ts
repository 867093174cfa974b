/** A hash of the settings that decide what rows mean; each outcome records it. */
import { hash } from 'node:crypto';
import type { Settings } from '../settings.ts';
import { rawSources, sourceOf } from './raw-sources.ts';

/**
 * What decides the meaning of rows decoded from an object, which its source has a part in. Raw data has to be read again
 * before a change of it is seen in old rows.
 */
export function meaningOf(settings: Settings, key = ''): string {
  const { tags, dimensions, headerCarriers, addresses } = settings;
  const { objectNameOffsetHours } = sourceOf(settings, key);
  const others = addresses === 'plain' ? [] : [addresses];
  const all = [tags, dimensions, headerCarriers, objectNameOffsetHours, ...others];
  return hash('sha256', JSON.stringify(all), 'hex').slice(0, 16);
}

/** What rows may mean today: a source that is added makes none of the others' mean something else. */
export const meaningsOf = (settings: Settings): string[] => [
  ...new Set(rawSources(settings).map(({ mount }) => meaningOf(settings, mount))),
];
