/** Fills columns from message tags (SES) and attributes (Pinpoint), as the settings say. */
import { DIMENSION_COLUMNS, type DimensionColumn, type Settings, type TagColumn } from '../settings.ts';
import type { EventRow } from '../tables/events.ts';
import { type Json, type JsonFields, jsonOf, jsonUnlessEmpty } from './fields.ts';

/** Fills columns from message tags (SES) or attributes (Pinpoint). */
export interface TagColumns {
  /** SES: every tag goes to `tags`; what SES adds by itself (`ses:…`) fills columns, too. */
  fromTags(tags: JsonFields, event: EventRow): void;
  /** Pinpoint: attributes that fill a column, and `feedback`, do not go to `tags`. */
  fromAttributes(attributes: JsonFields, event: EventRow): void;
}

type AutomaticColumn = 'configuration_set' | 'source_ip' | 'outgoing_ip' | 'tls_version' | 'tenant';

/** Amazon SES Developer Guide, "Examples of event data that Amazon SES publishes": the automatic tags with a column. */
export const AUTOMATIC_TAGS: readonly (readonly [tag: string, column: AutomaticColumn])[] = [
  ['ses:configuration-set', 'configuration_set'],
  ['ses:source-ip', 'source_ip'],
  ['ses:outgoing-ip', 'outgoing_ip'],
  ['ses:source-tls-version', 'tls_version'],
  ['ses:tenant-name', 'tenant'],
];

/** The tag with the From header's domain, for events that come without headers. */
export const FROM_DOMAIN_TAG = 'ses:from-domain';

export const fromDomainTag = (tags: JsonFields | null): string | null => tagText(tags?.[FROM_DOMAIN_TAG]);

/** A tag's value may be of any type: if it isn't text, it fills no column and stays visible in `tags`. */
const tagText = (value: Json | undefined): string | null => {
  if (typeof value === 'string') return value || null;
  if (Array.isArray(value)) return value.length === 1 ? tagText(value[0]) : value.filter(isText).join(', ') || null;
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : null;
};

const isText = (value: Json): boolean => typeof value === 'string';

interface Slot {
  column: TagColumn | AutomaticColumn;
  /** place in the mapping: the lower one wins */
  place: number;
}

/**
 * Of several tags for a column, the first in `tags` that has a value wins. A tag that is a dimension may mean a column,
 * too, and stays in `tags`: so rows tell which tags they were not asked for when they were made.
 */
export const makeTagColumns = ({ tags: mapping, dimensions }: Pick<Settings, 'tags' | 'dimensions'>): TagColumns => {
  const configured: [string, Slot][] = mapping.map(([tag, column], place) => [tag, { column, place }]);
  // Later entries of a Map win, so that no setting can give an automatic tag another meaning.
  const attributeSlots = new Map(configured);
  const tagSlots = new Map([
    ...configured,
    ...AUTOMATIC_TAGS.map(([tag, column]): [string, Slot] => [tag, { column, place: mapping.length }]),
  ]);
  const dimensionOf = new Map(
    dimensions.flatMap((tag, place): [string, DimensionColumn][] => {
      const column = DIMENSION_COLUMNS[place];
      return column === undefined ? [] : [[tag, column]];
    }),
  );
  const fillDimensions = (tags: JsonFields, event: EventRow): void => {
    for (const [tag, column] of dimensionOf) if (Object.hasOwn(tags, tag)) event[column] = tagText(tags[tag]);
  };
  /** which tag filled a column of the record at hand */
  let winners: Slot[] = [];

  const fill = (slot: Slot, value: Json | undefined, event: EventRow): void => {
    const text = tagText(value);
    if (text === null) return;
    if (event[slot.column] !== null) {
      // A value that isn't from a tag, such as mail.sourceIp, wins over tags.
      const rival = winners.findIndex((winner) => winner.column === slot.column);
      if (rival < 0 || (winners[rival]?.place ?? 0) <= slot.place) return;
      winners.splice(rival, 1);
    }
    winners.push(slot);
    event[slot.column] = text;
  };

  const fromTags = (tags: JsonFields, event: EventRow): void => {
    winners = [];
    let isEmpty = true;
    for (const tag in tags) {
      isEmpty = false;
      const slot = tagSlots.get(tag);
      if (slot !== undefined) fill(slot, tags[tag], event);
    }
    if (dimensionOf.size > 0) fillDimensions(tags, event);
    event.tags = isEmpty ? null : jsonOf(tags);
  };

  const fromAttributes = (attributes: JsonFields, event: EventRow): void => {
    winners = [];
    let others = 0;
    for (const tag in attributes) {
      const slot = attributeSlots.get(tag);
      if (slot !== undefined) fill(slot, attributes[tag], event);
      if (tag !== 'feedback') others++;
    }
    if (dimensionOf.size > 0) fillDimensions(attributes, event);
    if (others === winners.length && dimensionOf.size === 0) return;
    // A tag whose column was filled by another tag stays in `tags`; only the tag that filled it is left out.
    const rest = Object.entries(attributes).filter(([tag]) => {
      const slot = attributeSlots.get(tag);
      return tag !== 'feedback' && (dimensionOf.has(tag) || slot === undefined || !winners.includes(slot));
    });
    event.tags = jsonUnlessEmpty(Object.fromEntries(rest));
  };

  return { fromTags, fromAttributes };
};
