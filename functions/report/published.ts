/** Finds senders whose event types are not all published, and tells in words what to do. */
import type { Ask } from './rows.ts';

/** A configuration set, else identity or Pinpoint project, for whose mail some event types are not published. */
export interface Unpublished {
  scope: string;
  /** what of it is not published, such as `Delivery` */
  types: string[];
}

/** Of these types none was published, whatever was sent; opens and clicks may be left untracked on purpose. */
const TYPES = [
  ['Send', 'is_volume_observed'],
  ['Delivery', 'is_delivery_observed'],
  ['Open', 'is_open_tracked'],
  ['Click', 'is_click_tracked'],
] as const;

/** Scopes that are told of. */
const MOST = 5;

/** Those with most mail first. */
export async function loadUnpublished(ask: Ask): Promise<Unpublished[]> {
  const rows = await ask(`select
    coalesce(configuration_set, sending_identity, application_id) as scope,
    ${TYPES.map(([type, column]) => `not bool_or(${column}) as "${type}"`).join(',\n    ')}
from message_outcomes
where is_sent and not is_simulator
group by 1
having not (${TYPES.map(([, column]) => `bool_or(${column})`).join(' and ')})
order by count(*) desc, 1
limit ${MOST}`);
  return rows.map((row) => ({
    scope: row.maybeText('scope') ?? 'mail without a configuration set or identity',
    types: TYPES.flatMap(([type]) => (row.flag(type) ? [type] : [])),
  }));
}

/** `Delivery and Open events are not published for` */
export const unpublishedWords = ({ types }: Unpublished): string =>
  `${types.join(types.length === 2 ? ' and ' : ', ')} events are not published for`;

/** What a reader can do about it. */
export const HOW_TO_PUBLISH =
  'Add the event types to an event destination of the configuration set (Amazon SES: configuration sets, event destinations), or say in sql/seeds/published_events.csv what is published.';
