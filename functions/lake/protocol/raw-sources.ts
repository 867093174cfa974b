/**
 * Raw sources: a lake may be filled from several buckets or folders, each with its own layout and clock. An object of the
 * first is known by its key there; one of another by its key behind the source's mount, `@<name>/`. So plans, units and
 * `source_key` of two sources are never taken for each other, and what a lake knows stays true when a source is added.
 */
import type { Settings } from '../settings.ts';

/** The settings by which one source is planned and read. */
export type RawSource = Pick<Settings, 'rawTemplate' | 'objectNameOffsetHours'> & {
  /** what the keys of its objects and its prefixes begin with; `` of the first */
  mount: string;
};

type Sources = Pick<Settings, 'rawTemplate' | 'objectNameOffsetHours' | 'otherSources'>;

export const mountOf = (name: string): string => `@${name}/`;

/** All of them, the first one first. Templates are of keys as the lake knows them. */
export const rawSources = ({ rawTemplate, objectNameOffsetHours, otherSources }: Sources): RawSource[] => [
  { mount: '', rawTemplate, objectNameOffsetHours },
  ...otherSources.map((source) => ({
    mount: mountOf(source.name),
    rawTemplate: source.rawTemplate === null ? null : mountOf(source.name) + source.rawTemplate,
    objectNameOffsetHours: source.objectNameOffsetHours,
  })),
];

/** The source of an object or a prefix, by its key. */
export function sourceOf(settings: Sources, key: string): RawSource {
  const [first, ...others] = rawSources(settings);
  return others.find(({ mount }) => key.startsWith(mount)) ?? first ?? { mount: '', ...settings };
}
