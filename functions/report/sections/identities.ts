/** The section about sending domains: limits of SES, requirements of Gmail and Yahoo, and addresses to suppress. */
import { count, percent } from '#host/figures.ts';
import { html, type Markup } from '../html.ts';
import type { Section } from '../page.ts';
import type { Ask } from '../rows.ts';
import { table } from '../table.ts';

/** A From domain as mailbox providers and SES see it. */
export interface Identity {
  domain: string;
  configurationSet: string | null;
  status: string;
  sent: number;
  bounceRate: number | null;
  complaintRate: number | null;
}

/** What Gmail and Yahoo ask of mail, and how much of the domain's mail has it; null: not observable. */
export interface Compliance {
  domain: string;
  messages: number;
  listUnsubscribe: number | null;
  oneClick: number | null;
  messageId: number | null;
  dkim: number | null;
}

export interface Suppression {
  reason: string;
  recipients: number;
  /** mails that went to them in vain since */
  since: number;
  whatToDo: string | null;
}

export interface Identities {
  identities: Identity[];
  compliance: Compliance[];
  suppression: Suppression[];
}

const MOST = 12;

export async function loadIdentities(ask: Ask): Promise<Identities> {
  const [identities, compliance, suppression] = await Promise.all([
    ask(`select from_domain, configuration_set, status, sent, reputation_bounce_rate, complaint_rate
from reputation_status
where reputation_scope = 'identity' and sent > 0
order by sent desc, from_domain, configuration_set, account_id, region
limit ${MOST}`),
    ask(`select
    from_domain,
    cast(sum(messages) as bigint) as messages,
    cast(sum(list_unsubscribe_messages) as double) / nullif(sum(messages), 0) as list_unsubscribe_share,
    cast(sum(one_click_messages) as double) / nullif(sum(messages), 0) as one_click_share,
    cast(sum(message_id_messages) as double) / nullif(sum(message_id_visible_messages), 0) as message_id_share,
    case
        when sum(dkim_signed_messages) > 0 then cast(sum(dkim_signed_messages) as double) / nullif(sum(messages), 0)
    end as dkim_signed_share
from sender_requirements
where from_domain is not null
group by from_domain
order by messages desc, from_domain
limit ${MOST}`),
    ask(`select
    suppression_reason,
    count(*) as recipients,
    cast(sum(sends_since) as bigint) as sends_since,
    max(what_to_do) as what_to_do
from suppression_candidates
group by suppression_reason
order by recipients desc, suppression_reason`),
  ]);
  return {
    identities: identities.map((row) => ({
      domain: row.maybeText('from_domain') ?? 'unknown',
      configurationSet: row.maybeText('configuration_set'),
      status: row.text('status'),
      sent: row.number('sent'),
      bounceRate: row.maybeNumber('reputation_bounce_rate'),
      complaintRate: row.maybeNumber('complaint_rate'),
    })),
    compliance: compliance.map((row) => ({
      domain: row.text('from_domain'),
      messages: row.number('messages'),
      listUnsubscribe: row.maybeNumber('list_unsubscribe_share'),
      oneClick: row.maybeNumber('one_click_share'),
      messageId: row.maybeNumber('message_id_share'),
      dkim: row.maybeNumber('dkim_signed_share'),
    })),
    suppression: suppression.map((row) => ({
      reason: row.text('suppression_reason'),
      recipients: row.number('recipients'),
      since: row.number('sends_since'),
      whatToDo: row.maybeText('what_to_do'),
    })),
  };
}

/** Which identity is in danger, does its mail carry what providers ask for, and who should get no more of it? */
export function identitiesSection({ identities, compliance, suppression }: Identities): Section {
  const share = (rate: number | null) => (rate === null ? '–' : percent(rate));
  const markup = html`
<section aria-labelledby="identities">
<h2 id="identities">Identities, requirements, suppression</h2>
${table(
  'Sending identities by mail',
  [
    {
      name: 'Identity',
      heading: true,
      cell: ({ domain, configurationSet }) =>
        html`<bdi class="data">${domain}</bdi>${configurationSet !== null && html` <span class="of"><bdi>${configurationSet}</bdi></span>`}`,
    },
    { name: 'Standing', cell: ({ status }) => standing(status) },
    { name: 'Latest mails', numeric: true, cell: ({ sent }) => count(sent) },
    { name: 'Hard bounces', numeric: true, cell: ({ bounceRate }) => share(bounceRate) },
    { name: 'Complaints', numeric: true, cell: ({ complaintRate }) => share(complaintRate) },
  ],
  identities,
)}
${
  compliance.length > 0 &&
  html`<h3>What Gmail and Yahoo ask of bulk mail</h3>
${table(
  'Share of messages with what providers ask for',
  [
    { name: 'From domain', heading: true, cell: ({ domain }) => html`<bdi class="data">${domain}</bdi>` },
    { name: 'Messages', numeric: true, cell: ({ messages }) => count(messages) },
    { name: 'List-Unsubscribe', numeric: true, cell: ({ listUnsubscribe }) => share(listUnsubscribe) },
    { name: 'One click', numeric: true, cell: ({ oneClick }) => share(oneClick) },
    { name: 'Message-ID', numeric: true, cell: ({ messageId }) => share(messageId) },
    { name: 'Own DKIM', numeric: true, cell: ({ dkim }) => share(dkim) },
  ],
  compliance,
)}
<p class="note">From the headers as the service took the mail. Receipts need no List-Unsubscribe; a dash is what headers don’t show, such as
signatures that the service adds.</p>`
}
<h3>Who should get no more mail</h3>
${
  suppression.length === 0
    ? html`<p class="calm">Nobody: no complaint, no bad address, no unsubscribe in the mail shown.</p>`
    : html`${table(
        'People who should get no more mail, by reason',
        [
          { name: 'Reason', heading: true, cell: ({ reason }) => reason.replaceAll('_', ' ') },
          { name: 'People', numeric: true, cell: ({ recipients }) => count(recipients) },
          { name: 'Mails since, in vain', numeric: true, cell: ({ since }) => count(since) },
          { name: 'What to do', cell: ({ whatToDo }) => html`<span class="advice">${whatToDo}</span>` },
        ],
        suppression,
      )}
<p class="note"><code>lake query "select * from suppression_candidates"</code> names them.</p>`
}
</section>`;
  return { id: 'identities', name: 'Identities', markup };
}

function standing(status: string): Markup {
  if (status === 'ok') return html`<span class="badge ok">OK</span>`;
  if (status === 'warning') return html`<span class="badge watch">Watch</span>`;
  if (status === 'critical') return html`<span class="badge act">Act</span>`;
  return html`<span class="badge unknown">Not observable</span>`;
}
