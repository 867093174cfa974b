import type { Engine } from '#lake/ports.ts';
import { html, type Markup } from '../html.ts';
import { count, day, instant, plural } from '../numbers.ts';
import { type Row, rowsOf } from '../rows.ts';
import { table } from '../table.ts';

/** What was read into the lake, over all days. */
export interface Quality {
  objects: number;
  records: number;
  accepted: number;
  duplicate: number;
  skipped: number;
  quarantined: number;
  /** raw objects that had gone or changed before they were read */
  lostObjects: number;
  /** repeats across units, in rows, that settling dropped */
  settledDuplicates: number;
  /** newest day on which raw data was read, and the newest object's delivery in epoch ms */
  newestDay: string | null;
  newestDelivered: number | null;
}

export async function loadQuality(engine: Engine): Promise<Quality> {
  const totals = [
    'objects',
    'records',
    'accepted',
    'duplicate',
    'skipped',
    'quarantined',
    'missing_objects',
    'changed_objects',
    'settled_duplicate_rows',
  ]
    .map((name) => `cast(coalesce(sum(${name}), 0) as bigint) as ${name}`)
    .join(', ');
  const result = await engine.query(
    `select ${totals}, cast(max(ingest_date) as varchar) as newest_day, max(newest_delivered_at) as newest_delivered_at from data_quality_daily`,
  );
  const [row] = rowsOf(result);
  if (!row) throw new TypeError('a sum without groups gave no row');
  return qualityOf(row);
}

const qualityOf = (row: Row): Quality => ({
  objects: row.number('objects'),
  records: row.number('records'),
  accepted: row.number('accepted'),
  duplicate: row.number('duplicate'),
  skipped: row.number('skipped'),
  quarantined: row.number('quarantined'),
  lostObjects: row.number('missing_objects') + row.number('changed_objects'),
  settledDuplicates: row.number('settled_duplicate_rows'),
  newestDay: row.maybeText('newest_day'),
  newestDelivered: row.maybeNumber('newest_delivered_at'),
});

/** Is everything accounted for, and how fresh is it? */
export function qualitySection(quality: Quality): Markup {
  const {
    objects,
    records,
    accepted,
    duplicate,
    skipped,
    quarantined,
    lostObjects,
    settledDuplicates,
    newestDelivered,
  } = quality;
  const missing = records - accepted - duplicate - skipped - quarantined;
  const kinds = [
    { name: 'Accepted', records: accepted, meaning: 'made rows of the tables' },
    { name: 'Duplicate', records: duplicate, meaning: 'repeats of records read in the same unit' },
    { name: 'Skipped', records: skipped, meaning: 'no e-mail events' },
    { name: 'Quarantined', records: quarantined, meaning: 'unreadable, kept for a second look' },
    { name: 'Read', records, meaning: `from ${plural(objects, 'raw object')}` },
  ];
  return html`
<section aria-labelledby="quality">
<h2 id="quality">Data quality</h2>
<p>${
    missing === 0
      ? html`<span class="badge ok">OK</span> All ${plural(records, 'record')} of the lake are accounted for.`
      : html`<span class="badge act">Act</span> ${plural(Math.abs(missing), 'record')} of ${count(records)} are not accounted for: run an audit.`
  }${quarantined > 0 && html` ${plural(quarantined, 'record')} could not be read; <code>lake quarantine</code> shows why.`}${lostObjects > 0 && html` ${plural(lostObjects, 'raw object')} had gone or changed before being read.`}${
    settledDuplicates > 0 &&
    html` Settling dropped ${plural(settledDuplicates, 'row')} that had come in more than once.`
  }${newestDelivered !== null && html` The newest raw data is of ${instant(newestDelivered)}.`}</p>
${table(
  'Records of the lake by what became of them',
  [
    { name: 'Records', heading: true, cell: ({ name }) => name },
    { name: 'Number', numeric: true, cell: (kind) => count(kind.records) },
    { name: 'Meaning', cell: ({ meaning }) => meaning },
  ],
  kinds,
)}
</section>`;
}

/** As of when the report is: from the data, never from a clock. */
export const asOf = ({ newestDelivered, newestDay }: Quality): string | null =>
  newestDelivered !== null ? instant(newestDelivered) : newestDay !== null ? day(newestDay) : null;
