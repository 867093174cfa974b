/**
 * Seeds: small lists that a user edits, as rows of CSV, without touching a view.
 *
 * On both engines a seed is the view `seed_<name>` over its rows as a VALUES list, made when the views are made; it is no
 * table. A table would need a file in the bucket, a loader, rights to read it and a day on which view and seed disagree;
 * a VALUES list is deployed with the views in one step, is in their history, costs no bytes scanned, and a view's text
 * still stands alone. The lists are short (Athena takes views of up to 262,144 bytes of SQL; a test holds each below a
 * tenth of that): a list of thousands, such as one's own customers' domains, belongs into a table.
 */
import { parseCsv } from './csv.ts';
import type { View, ViewColumn } from './view.ts';

/** A small file that a user may edit, sql/seeds/<name>.csv, as SQL sees it: the view `seed_<name>`. */
export interface Seed {
  name: string;
  /** ends with the grain */
  doc: string;
  grain: string[];
  /** the file's columns, in its order; an empty field is NULL */
  columns: ViewColumn[];
  /** columns computed from the file's */
  derived?: (ViewColumn & { sql: string })[];
}

export const SEEDS: readonly Seed[] = [
  {
    name: 'mailbox_providers',
    doc: "Who runs the mailbox, by the recipient's domain, and whether they tell senders of complaints. One row per domain pattern.",
    grain: ['pattern'],
    columns: [
      {
        name: 'pattern',
        type: 'varchar',
        doc: "A domain, or `name.*` for that name under com, net and the suffixes of countries (but those sold to everybody, such as io). A domain beats a pattern: to single out one country's service, add its domain.",
      },
      { name: 'provider', type: 'varchar', doc: 'The mailbox provider, in lower case.' },
      {
        name: 'has_complaint_feedback',
        type: 'boolean',
        doc: 'They send each complaint to senders (feedback loop), so that complaints can be seen. Where that is not known it is false: a rate is NULL then, and no rate looks better than it is.',
      },
      {
        name: 'feedback_source',
        type: 'varchar',
        doc: "Where has_complaint_feedback is taken from: the provider's programme, or `none found`.",
      },
    ],
    derived: [
      {
        name: 'domain',
        type: 'varchar',
        doc: 'The domain to join by; NULL for a pattern.',
        sql: "case when pattern not like '%.*' then pattern end",
      },
      {
        name: 'label_prefix',
        type: 'varchar',
        doc: "The domain's first label to join by; NULL for a domain.",
        sql: "case when pattern like '%.*' then split_part(pattern, '.', 1) end",
      },
    ],
  },
  {
    name: 'enhanced_status_codes',
    doc: 'Enhanced status codes (RFC 3463, its registry, and those that big providers made up) in words. One row per code, code class and subject, or class.',
    grain: ['status'],
    columns: [
      {
        name: 'status',
        type: 'varchar',
        doc: 'A code such as `5.1.1`; `5.1` and `5` stand for the codes that are not listed.',
      },
      { name: 'meaning', type: 'varchar', doc: 'What it says.' },
      { name: 'what_to_do', type: 'varchar', doc: 'What a sender can do about it.' },
      {
        name: 'source',
        type: 'varchar',
        doc: 'Who defines it: an RFC, the IANA registry of SMTP enhanced status codes, or a provider by itself.',
      },
      {
        name: 'is_authentication',
        type: 'boolean',
        doc: 'The mail was turned away for want of authentication: SPF, DKIM or DMARC.',
      },
    ],
  },
  {
    name: 'bounce_sub_types',
    doc: 'Sub-types of bounces and complaints: what they count as, everywhere, and what they say in words. A sub-type that is not listed counts as `bounce` (of a complaint: as a complaint). One row per bounce type and sub-type.',
    grain: ['bounce_type', 'bounce_sub_type'],
    columns: [
      { name: 'bounce_type', type: 'varchar', doc: '`Permanent`, `Transient`, `Undetermined`, or `Complaint`.' },
      { name: 'bounce_sub_type', type: 'varchar', doc: "The source's sub-type." },
      {
        name: 'verdict',
        type: 'varchar',
        doc: '`not_tried`: no attempt was made, so it is no bounce, no complaint and says nothing of the address; `listed`: no attempt was made, and it counts as a bounce all the same; `bad_address`: a bounce, and the address is bad whatever the status code says; `bounce`: a bounce, and the status code tells about the address.',
      },
      { name: 'meaning', type: 'varchar', doc: 'What it says.' },
      { name: 'what_to_do', type: 'varchar', doc: 'What a sender can do about it.' },
      {
        name: 'is_decisive',
        type: 'boolean',
        doc: 'It says more than the status code: the service itself stopped the mail, and made up the code.',
      },
      { name: 'source', type: 'varchar', doc: 'Who says what it counts as.' },
    ],
    derived: [
      { name: 'is_tried', type: 'boolean', doc: 'The mail was sent out.', sql: "verdict in ('bounce', 'bad_address')" },
      {
        name: 'is_counted',
        type: 'boolean',
        doc: "It is a bounce, and counts for the sender's reputation.",
        sql: "verdict <> 'not_tried'",
      },
      {
        name: 'is_bad_address',
        type: 'boolean',
        doc: 'The address is bad, whatever the status code says.',
        sql: "verdict = 'bad_address'",
      },
    ],
  },
  {
    name: 'delay_types',
    doc: 'Types of delivery delays in words. One row per delay type.',
    grain: ['delay_type'],
    columns: [
      { name: 'delay_type', type: 'varchar', doc: "The source's delay type." },
      { name: 'meaning', type: 'varchar', doc: 'What it says.' },
      { name: 'what_to_do', type: 'varchar', doc: 'What a sender can do about it.' },
    ],
  },
  {
    name: 'machine_agents',
    doc: 'User agents that open or click without a person, or on behalf of one. One row per agent.',
    grain: ['agent', 'match'],
    columns: [
      { name: 'agent', type: 'varchar', doc: 'The user agent, or a part of it in lower case.' },
      { name: 'match', type: 'varchar', doc: '`exact`: the whole user agent; `contains`: a part of it, in any case.' },
      { name: 'reason', type: 'varchar', doc: 'The label that events get, as machine_reason.' },
      {
        name: 'counts_as_human',
        type: 'boolean',
        doc: 'A person usually triggers it, so it is labelled but counted as human.',
      },
      {
        name: 'hides_person',
        type: 'boolean',
        doc: 'It opens all mail of the people behind it, so that nobody can tell whether one of them opened it.',
      },
    ],
  },
  {
    name: 'mailbox_hosts',
    doc: "Who hosts a domain's mailboxes, by marks in what its servers say. One row per mark.",
    grain: ['mark', 'kind'],
    columns: [
      {
        name: 'mark',
        type: 'varchar',
        doc: "A part, in lower case, of the server's answer, its name or its diagnostic; or the beginning of its address.",
      },
      { name: 'kind', type: 'varchar', doc: '`text`: a part of a text; `ip`: the beginning of an IP address.' },
      { name: 'mailbox_host', type: 'varchar', doc: 'The host, in lower case, such as `google` or `microsoft`.' },
    ],
  },
  {
    name: 'published_events',
    doc: 'Which event types a configuration set, or an identity without one, publishes: `true`, `false`, or empty, which leaves it to what the data show (see recipient_messages). The scope `*` stands for all that are not listed. One row per scope.',
    grain: ['scope'],
    columns: [
      {
        name: 'scope',
        type: 'varchar',
        doc: 'Configuration set, else sending identity, else Pinpoint project; or `*`.',
      },
      ...(
        [
          ['has_sends', 'Send events'],
          ['has_deliveries', 'Delivery events'],
          ['has_opens', 'Open events, so that opens are tracked'],
          ['has_clicks', 'Click events, so that clicks are tracked'],
          ['has_unsubscribes', 'Unsubscribes'],
          ['has_complaints', 'Complaints'],
        ] as const
      ).map(([name, what]) => ({ name, type: 'boolean', doc: `${what} are published; NULL: decided from the data.` })),
    ],
  },
  {
    name: 'thresholds',
    doc: 'Where mail services and mailbox providers draw their lines, as rates from 0 to 1. One row per threshold.',
    grain: ['name'],
    columns: [
      { name: 'name', type: 'varchar', doc: 'Who, what of, and how bad.' },
      { name: 'value', type: 'double', doc: 'The rate.' },
      { name: 'meaning', type: 'varchar', doc: 'What happens there, and who says so.' },
    ],
  },
  {
    name: 'settings',
    doc: 'Constants of the views. One row per setting.',
    grain: ['name'],
    columns: [
      { name: 'name', type: 'varchar', doc: 'What it sets.' },
      { name: 'value', type: 'varchar', doc: 'Its value, to be cast where it is used.' },
      { name: 'meaning', type: 'varchar', doc: 'What it means.' },
    ],
  },
];

/**
 * The view of a seed: its rows as VALUES, so that there is no table to deploy, load or keep in step, on either engine.
 *
 * @throws Error naming file and row where the file isn't as declared
 */
export function seedView(seed: Seed, csv: string): View {
  const { columns, derived = [], name } = seed;
  const [header = [], ...rows] = parseCsv(csv);
  const names = columns.map((column) => column.name);
  if (header.join() !== names.join()) {
    throw new Error(`seeds/${name}.csv: the first row must be ${names.join(',')}, found ${header.join(',')}`);
  }
  if (rows.length === 0) throw new Error(`seeds/${name}.csv: no rows, SQL has no empty VALUES`);
  const seen = new Set<string>();
  const values = rows.map((row, index) => {
    const place = `seeds/${name}.csv, row ${index + 2}`;
    if (row.length !== columns.length) throw new Error(`${place}: ${row.length} fields, expected ${columns.length}`);
    const key = seed.grain.map((column) => row[names.indexOf(column)]).join();
    if (seen.has(key)) throw new Error(`${place}: ${key} is there twice`);
    seen.add(key);
    return `(${columns.map(({ type }, at) => literal(row[at] ?? '', type, place)).join(', ')})`;
  });
  // Literals have their own length as type in Trino (varchar(9)); views promise plain varchar.
  const typed = columns.map((column) => `cast(${column.name} as ${column.type}) as ${column.name}`);
  const computed = derived.map((column) => `cast(${column.sql} as ${column.type}) as ${column.name}`);
  return {
    name: `seed_${name}`,
    folder: 'seeds',
    doc: seed.doc,
    clock: 'none',
    grain: seed.grain,
    columns: [...columns, ...derived.map((column) => ({ name: column.name, type: column.type, doc: column.doc }))],
    sql: `select\n    ${[...typed, ...computed].join(',\n    ')}\nfrom (\n    values\n        ${values.join(',\n        ')}\n) as seed (${names.join(', ')})`,
    dependsOn: [],
    rows: rows.map((row) => Object.fromEntries(names.map((column, at) => [column, row[at] ?? '']))),
  };
}

/**
 * What the seed `settings` sets, for steps that need it outside of SQL.
 * @throws Error if the views have no such setting
 */
export function settingOf(views: readonly View[], name: string): string {
  const value = views.find((view) => view.name === 'seed_settings')?.rows?.find((row) => row.name === name)?.value;
  if (value === undefined) throw new Error(`seeds/settings.csv: no setting ${name}`);
  return value;
}

function literal(field: string, type: string, place: string): string {
  if (field === '') return 'null';
  if (type === 'varchar') return `'${field.replaceAll("'", "''")}'`;
  if (type === 'boolean' && /^(true|false)$/.test(field)) return field;
  if (type === 'double' && /^-?\d+(\.\d+)?$/.test(field)) return field;
  throw new Error(`${place}: not a ${type}: ${field}`);
}
