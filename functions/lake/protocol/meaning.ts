/** A hash of the settings that decide what rows mean; each outcome records it. */
import { hash } from 'node:crypto';
import type { Settings } from '../settings.ts';
import { sourcesMeaning } from './raw-sources.ts';

/** What decides the meaning of decoded rows. Raw data has to be read again before a change of it is seen in old rows. */
export const meaningOf = ({
  tags,
  dimensions,
  headerCarriers,
  objectNameOffsetHours,
  otherSources,
}: Settings): string =>
  hash(
    'sha256',
    JSON.stringify([tags, dimensions, headerCarriers, objectNameOffsetHours, ...sourcesMeaning(otherSources)]),
    'hex',
  ).slice(0, 16);
