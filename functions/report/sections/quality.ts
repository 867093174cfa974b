/** The section about the data itself: what was read, rejected, and how fresh it is. */
import { count, counted } from '#host/figures.ts';
import { html, type Markup } from '../html.ts';
import { day, instant } from '../numbers.ts';
import type { Section } from '../page.ts';
import type { Ask, Row } from '../rows.ts';
import { table } from '../table.ts';
import { badged, type Verdict } from '../verdict.ts';

/** What was read into the lake, over all days. */
export interface Quality {
  objects: number;
  records: number;
  accepted: number;
  duplicate: number;
  skipped: number;
  quarantined: number;
  /** about persons who were forgotten */
  erased: number;
  /** raw objects that had gone or changed before they were read */
  lostObjects: number;
  /** repeats across units, in rows, that settling dropped */
  settledDuplicates: number;
  /** newest day on which raw data was read, and the newest object's delivery in epoch ms */
  newestDay: string | null;
  newestDelivered: number | null;
  freshness: Freshness | null;
}

/** How far the lake has come; times in epoch ms. */
export interface Freshness {
  transformed: number | null;
  settledDay: string | null;
  rolledUp: number | null;
  audited: number | null;
  /** what the last audit found that is not as it should be, and the same by kind */
  drifts: number | null;
  findings: string | null;
}

/** @param ask about the whole lake */
export async function loadQuality(ask: Ask): Promise<Quality> {
  const totals = [
    'objects',
    'records',
    'accepted',
    'duplicate',
    'skipped',
    'quarantined',
    'erased',
    'missing_objects',
    'changed_objects',
    'settled_duplicate_rows',
  ]
    .map((name) => `cast(coalesce(sum(${name}), 0) as bigint) as ${name}`)
    .join(', ');
  const [row] = await ask(
    `select ${totals}, cast(max(ingest_date) as varchar) as newest_day, max(newest_delivered_at) as newest_delivered_at from data_quality_daily`,
  );
  const [fresh] = await ask(`select
    newest_transformed_at,
    cast(newest_settled_date as varchar) as newest_settled_day,
    newest_rolled_up_at,
    last_audited_at,
    last_audit_drifts,
    last_audit_findings
from data_freshness`);
  if (!row) throw new TypeError('a sum without groups gave no row');
  return { ...countsOf(row), freshness: fresh ? freshnessOf(fresh) : null };
}

const freshnessOf = (row: Row): Freshness => ({
  transformed: row.maybeNumber('newest_transformed_at'),
  settledDay: row.maybeText('newest_settled_day'),
  rolledUp: row.maybeNumber('newest_rolled_up_at'),
  audited: row.maybeNumber('last_audited_at'),
  drifts: row.maybeNumber('last_audit_drifts'),
  findings: row.maybeText('last_audit_findings'),
});

const countsOf = (row: Row): Omit<Quality, 'freshness'> => ({
  objects: row.number('objects'),
  records: row.number('records'),
  accepted: row.number('accepted'),
  duplicate: row.number('duplicate'),
  skipped: row.number('skipped'),
  quarantined: row.number('quarantined'),
  erased: row.number('erased'),
  lostObjects: row.number('missing_objects') + row.number('changed_objects'),
  settledDuplicates: row.number('settled_duplicate_rows'),
  newestDay: row.maybeText('newest_day'),
  newestDelivered: row.maybeNumber('newest_delivered_at'),
});

/** Whether each record that was read has become something. */
export function accounted({ records, accepted, duplicate, skipped, quarantined, erased }: Quality): Verdict {
  const missing = Math.abs(records - accepted - duplicate - skipped - quarantined - erased);
  return missing === 0
    ? { kind: 'ok', says: 'OK', text: `All ${counted(records, 'record')} of the lake are accounted for.` }
    : {
        kind: 'act',
        says: 'Act',
        text: `${counted(missing, 'record')} of ${count(records)} are not accounted for: run an audit.`,
      };
}

/** Is everything accounted for, and how fresh is it? */
export function qualitySection(quality: Quality): Section {
  const {
    objects,
    records,
    accepted,
    duplicate,
    skipped,
    quarantined,
    erased,
    lostObjects,
    settledDuplicates,
    newestDelivered,
    freshness,
  } = quality;
  const kinds = [
    { name: 'Accepted', records: accepted, meaning: 'made rows of the tables' },
    { name: 'Duplicate', records: duplicate, meaning: 'repeats of records read in the same unit' },
    { name: 'Skipped', records: skipped, meaning: 'no e-mail events' },
    { name: 'Quarantined', records: quarantined, meaning: 'unreadable, kept for a second look' },
    ...(erased > 0 ? [{ name: 'Erased', records: erased, meaning: 'about persons who were forgotten' }] : []),
    { name: 'Read', records, meaning: `from ${counted(objects, 'raw object')}` },
  ];
  const markup = html`
<section aria-labelledby="quality">
<h2 id="quality">Data quality and freshness</h2>
<p>${badged(accounted(quality))}${quarantined > 0 && html` ${counted(quarantined, 'record')} could not be read; <code>lake quarantine</code> shows why.`}${lostObjects > 0 && html` ${counted(lostObjects, 'raw object')} had gone or changed before being read.`}${
    settledDuplicates > 0 &&
    html` Settling dropped ${counted(settledDuplicates, 'row')} that had come in more than once.`
  }</p>
${audited(freshness)}
${table(
  'Records of the lake by what became of them',
  [
    { name: 'Records', heading: true, cell: ({ name }) => name },
    { name: 'Number', numeric: true, cell: (kind) => count(kind.records) },
    { name: 'Meaning', cell: ({ meaning }) => meaning },
  ],
  kinds,
)}
${table(
  'How far the lake has come',
  [
    { name: 'Step', heading: true, cell: ({ name }) => name },
    { name: 'As of', cell: ({ when }) => when ?? 'not yet' },
    { name: 'Meaning', cell: ({ meaning }) => meaning },
  ],
  [
    { name: 'Raw data', when: time(newestDelivered), meaning: 'the newest object that was read' },
    { name: 'Read', when: time(freshness?.transformed), meaning: 'when raw data was last read' },
    { name: 'Settled', when: date(freshness?.settledDay), meaning: 'the newest day without duplicates' },
    {
      name: 'Rolled up',
      when: time(freshness?.rolledUp),
      meaning: 'what came in later is not in the numbers by send day',
    },
  ],
)}
</section>`;
  return { id: 'quality', name: 'Data quality', markup };
}

const time = (ms: number | null | undefined): string | null => (typeof ms === 'number' ? instant(ms) : null);
const date = (text: string | null | undefined): string | null => (typeof text === 'string' ? day(text) : null);

/** What the last audit said. */
function audited(freshness: Freshness | null): Markup {
  if (freshness === null || freshness.audited === null)
    return html`<p><span class="badge unknown">No audit</span> The lake has not been audited yet: <code>lake audit</code> compares it with the
raw data.</p>`;
  const { audited, drifts, findings } = freshness;
  return drifts === 0
    ? html`<p><span class="badge ok">OK</span> The last audit, ${instant(audited)}, found nothing wrong.</p>`
    : html`<p><span class="badge act">Act</span> The last audit, ${instant(audited)}, found ${counted(drifts ?? 0, 'thing')} not as it should be${
        findings !== null && html`: ${findings}`
      }. <code>lake audit --repair</code> does what is missing.</p>`;
}

/** As of when the report is: from the data, never from a clock. */
export const asOf = ({ newestDelivered, newestDay }: Quality): string | null =>
  newestDelivered !== null ? instant(newestDelivered) : newestDay !== null ? day(newestDay) : null;

/** The day of the newest data; null if nothing was read. */
export const newestDay = ({ newestDelivered }: Quality): string | null =>
  newestDelivered === null ? null : new Date(newestDelivered).toISOString().slice(0, 10);
