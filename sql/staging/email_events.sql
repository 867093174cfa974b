/*
Events as event-day marts read them: with mailbox provider, bounce category, machine label and names in words. Copies of
an event that are not settled yet are all here: count distinct event_id. One row per event and recipient.

clock: event day
grain: event_id
columns:
    event_id … extras = events
    dt                       varchar      The UTC day of occurred_at, as partitioned (1970-01-01 for absurd times):
                                          filter on it to read few files.
    event_date               date         The same day as a date.
    event_name               varchar      The event in words, such as `Hard bounce`.
    mailbox_provider         varchar      Who runs the mailbox (seed mailbox_providers), `other` if unknown; NULL
                                          without a recipient.
    has_complaint_feedback   boolean      That provider tells senders of complaints; NULL where the recipient is
                                          unknown.
    is_simulator             boolean      A test address of the SES mailbox simulator: left out of every rate.
    bounce_kind              varchar      `hard`, `soft` or `undetermined`; NULL if it is no bounce.
    bounce_category          varchar      Why it bounced, in one word: `suppressed` (no attempt was made: seed
                                          bounce_sub_types), `bad_address`, `bad_sender`, `mailbox_full`,
                                          `message_too_big`, `mailbox_unavailable`, `mail_system`, `network`,
                                          `protocol`, `content`, `policy` or `other`.
    enhanced_status          varchar      smtp_status, or where it is missing the code found in diagnostic_code (RFC
                                          3463).
    machine_reason           varchar      The rule that takes this open, click or unsubscribe for a machine's:
                                          `ses_bot_verdict` (the service says so), else `apple_mail_privacy`,
                                          `gmail_prefetch`, `gmail_image_proxy`, `yahoo_image_proxy`,
                                          `security_scanner`, `bot_agent`, or what seed machine_agents says; NULL if
                                          none. Rules on the row alone: those on timing are in recipient_messages.
    is_machine               boolean      The label counts as a machine: false for agents that a person usually
                                          triggers, where the service says that it is no bot, and for other events.
    bot_verdict              varchar      = events
    is_hidden_open           boolean      An open by a proxy that opens all mail of the people behind it (Apple): nobody
                                          can tell whether a person did.
    is_suppressed            boolean      A bounce or complaint about mail that was never sent out (seed
                                          bounce_sub_types, `not_tried`): it is neither.
    mailbox_host             varchar      Who hosts the mailbox of a domain whose provider is `other`, as the receiving
                                          server's words, name or address tell (seed mailbox_hosts), such as `google`
                                          for Google Workspace; NULL where they don't.
    tenant, reported_recipient, from_domain_basis, dimension_1 … dimension_5 = events
*/
-- Lists are one row each, of maps: a join would copy every event with all its columns.
with exact_providers as (
    select
        map_agg(domain, provider) as providers_by_domain,
        map_agg(domain, has_complaint_feedback) as feedback_by_domain
    from seed_mailbox_providers
    where domain is not null
),

pattern_providers as (
    select
        map_agg(label_prefix, provider) as providers_by_prefix,
        map_agg(label_prefix, has_complaint_feedback) as feedback_by_prefix
    from seed_mailbox_providers
    where label_prefix is not null
),

exact_agents as (
    select
        map_agg(agent, reason) as reasons_by_agent,
        map_agg(agent, counts_as_human) as humans_by_agent,
        map_agg(agent, hides_person) as hidings_by_agent
    from seed_machine_agents
    where match = 'exact'
),

-- A user agent is searched for all parts at once, so that no event comes twice.
agent_parts as (
    select
        array_agg(agent order by agent) as agents,
        map_agg(agent, reason) as reasons,
        map_agg(agent, counts_as_human) as humans,
        map_agg(agent, hides_person) as hidings
    from seed_machine_agents
    where match = 'contains'
),

sub_types as (
    select
        map_agg(bounce_type || ' ' || bounce_sub_type, is_tried) as tried_by_type,
        map_agg(bounce_type || ' ' || bounce_sub_type, is_counted) as counted_by_type,
        map_agg(bounce_type || ' ' || bounce_sub_type, is_bad_address) as bad_by_type
    from seed_bounce_sub_types
),

host_marks as (
    select
        array_agg(mark order by mark) filter (where kind = 'text') as texts,
        array_agg(mark order by mark) filter (where kind = 'ip') as addresses,
        map_agg(mark, mailbox_host) as hosts
    from seed_mailbox_hosts
),

exactly as (
    select
        happened.*,
        element_at(providers_by_domain, recipient_domain) as exact_provider,
        element_at(feedback_by_domain, recipient_domain) as has_exact_feedback
    from events as happened
    cross join exact_providers
),

keyed as (
    select
        *,
        -- The name under com, net or a country's suffix, but not under one that is sold to everybody: yahoo.de and
        -- yahoo.co.uk, not yahoo.example.com, yahoo.tv.
        case
            when exact_provider is null
                and regexp_like(recipient_domain, '^[^.]+[.](com|net|((com?|net|org|ne|or)[.])?[a-z][a-z])$')
                and not regexp_like(recipient_domain, '^[^.]+.([acv]c|ai|co|fm|g[gl]|i[mos]|l[ay]|me|s[hot]|t[ov]|ws)$')
                then substr(recipient_domain, 1, strpos(recipient_domain, '.') - 1)
        end as domain_prefix,
        case
            when event_type in ('hard_bounce', 'soft_bounce', 'undetermined_bounce', 'delivery_delay')
                then coalesce(
                    regexp_extract(smtp_status, '^\s*([245][.][0-9]{1,3}[.][0-9]{1,3})\s*$', 1),
                    -- Not a part of an address such as 192.5.1.1; a full stop may follow.
                    regexp_extract(
                        diagnostic_code,
                        '(?:^|[^0-9.])([245][.][0-9]{1,3}[.][0-9]{1,3})(?:[.]?[^0-9.]|[.]?$)',
                        1
                    )
                )
        end as enhanced_status,
        case event_type
            when 'hard_bounce' then 'Permanent ' || bounce_sub_type
            when 'soft_bounce' then 'Transient ' || bounce_sub_type
            when 'undetermined_bounce' then 'Undetermined ' || bounce_sub_type
            when 'complaint' then 'Complaint ' || complaint_sub_type
        end as listed_type,
        -- Rows that were decoded before it had a column have it in extras.
        coalesce(
            bot_verdict,
            case
                when event_type = 'open' then json_extract_scalar(extras, '$.open.isBotEvent')
                when event_type = 'click' then json_extract_scalar(extras, '$.click.isBotEvent')
            end
        ) as verdict,
        case when event_type in ('open', 'click', 'unsubscribe') then user_agent end as agent,
        case when event_type in ('open', 'click', 'unsubscribe') then lower(user_agent) end as agent_text
    from exactly
),

placed as (
    select
        *,
        coalesce(exact_provider, element_at(providers_by_prefix, domain_prefix)) as known_provider,
        coalesce(has_exact_feedback, element_at(feedback_by_prefix, domain_prefix), false) as has_complaint_feedback,
        element_at(reasons_by_agent, agent) as exact_reason,
        element_at(humans_by_agent, agent) as exact_human,
        element_at(hidings_by_agent, agent) as exact_hides,
        element_at(tried_by_type, listed_type) as is_tried,
        element_at(counted_by_type, listed_type) as is_counted,
        element_at(bad_by_type, listed_type) as is_bad_address
    from keyed
    cross join pattern_providers
    cross join exact_agents
    cross join sub_types
),

served as (
    select
        *,
        -- What the servers of a known provider say is no news.
        case
            when known_provider is null
                and event_type in ('delivered', 'hard_bounce', 'soft_bounce', 'undetermined_bounce', 'delivery_delay')
                then lower(
                    coalesce(smtp_response, '')
                    || ' '
                    || coalesce(reporting_mta, '')
                    || ' '
                    || coalesce(diagnostic_code, '')
                )
        end as server_text
    from placed
),

labelled as (
    select
        *,
        case
            when exact_reason is null and agent_text is not null
                then array_min(filter(agents, part -> strpos(agent_text, part) > 0))
        end as agent_part,
        case
            when server_text is not null
                then coalesce(
                    array_min(filter(texts, mark -> strpos(server_text, mark) > 0)),
                    array_min(filter(addresses, mark -> strpos(remote_mta_ip, mark) = 1))
                )
        end as host_mark
    from served
    cross join agent_parts
    cross join host_marks
),

final as (
    select
        event_id, source, feed, event_type, native_type, occurred_at, occurred_at_basis, sent_at, delivered_to_lake_at,
        is_time_suspect, message_id, recipient, recipient_key, recipient_domain, recipient_count, from_address,
        from_name, from_domain, envelope_from, reply_to, rfc_message_id, subject, has_truncated_headers, account_id,
        region, sending_identity, application_id, configuration_set, campaign_id, campaign_activity_id, treatment_id,
        journey_id, journey_run_id, journey_activity_id, source_ip, outgoing_ip, tls_version, tags, smtp_response,
        reporting_mta, remote_mta_ip, processing_time_ms, bounce_type, bounce_sub_type, bounce_action, smtp_status,
        diagnostic_code, feedback_id, complaint_feedback_type, complaint_sub_type, complaint_arrived_at, delay_type,
        delay_expires_at, reject_reason, template_name, error_message, contact_list, topic_preferences, ip_address,
        user_agent, client_name, device_class, is_bot_agent, link, is_unsubscribe, attempt, source_key, source_ordinal,
        extras, dt,
        from_iso8601_date(dt) as event_date,
        case event_type
            when 'send' then 'Sent'
            when 'rendering_failure' then 'Rendering failure'
            when 'rejected' then 'Rejected'
            when 'delivery_delay' then 'Delivery delay'
            when 'delivered' then 'Delivered'
            when 'hard_bounce' then 'Hard bounce'
            when 'soft_bounce' then 'Soft bounce'
            when 'undetermined_bounce' then 'Undetermined bounce'
            when 'open' then 'Open'
            when 'click' then 'Click'
            when 'unsubscribe' then 'Unsubscribe'
            when 'resubscribe' then 'Resubscribe'
            when 'complaint' then 'Complaint'
            else event_type
        end as event_name,
        case when recipient_key is not null then coalesce(known_provider, 'other') end as mailbox_provider,
        case when recipient_key is not null then has_complaint_feedback end as has_complaint_feedback,
        coalesce(recipient_domain = 'simulator.amazonses.com', false) as is_simulator,
        case event_type
            when 'hard_bounce' then 'hard'
            when 'soft_bounce' then 'soft'
            when 'undetermined_bounce' then 'undetermined'
        end as bounce_kind,
        case
            when event_type not in ('hard_bounce', 'soft_bounce', 'undetermined_bounce') then null
            when not is_tried then 'suppressed'
            when is_bad_address then 'bad_address'
            when enhanced_status like '_.2.2' then 'mailbox_full'
            when enhanced_status like '_.2.3' or enhanced_status like '_.3.4' then 'message_too_big'
            when enhanced_status like '_.1.7' or enhanced_status like '_.1.8' then 'bad_sender'
            -- Microsoft 365 says 5.4.1 of mailboxes that don't exist.
            when enhanced_status like '_.1.%' or enhanced_status = '5.4.1' then 'bad_address'
            when enhanced_status like '_.2.%' then 'mailbox_unavailable'
            when enhanced_status like '_.3.%' then 'mail_system'
            when enhanced_status like '_.4.%' then 'network'
            when enhanced_status like '_.5.%' then 'protocol'
            when enhanced_status like '_.6.%' then 'content'
            when enhanced_status like '_.7.%' then 'policy'
            when bounce_sub_type = 'MailboxFull' then 'mailbox_full'
            when bounce_sub_type = 'MessageTooLarge' then 'message_too_big'
            when bounce_sub_type in ('ContentRejected', 'AttachmentRejected') then 'content'
            else 'other'
        end as bounce_category,
        enhanced_status,
        case
            when verdict = 'Likely' then 'ses_bot_verdict'
            when verdict = 'Unlikely' then null
            else coalesce(
                exact_reason,
                element_at(reasons, agent_part),
                case when event_type in ('open', 'click', 'unsubscribe') and is_bot_agent then 'bot_agent' end
            )
        end as machine_reason,
        case
            when verdict = 'Likely' then true
            when verdict = 'Unlikely' then false
            -- A reason without a word on people is that of is_bot_agent.
            else not coalesce(
                exact_human,
                element_at(humans, agent_part),
                event_type not in ('open', 'click', 'unsubscribe') or not coalesce(is_bot_agent, false)
            )
        end as is_machine,
        verdict as bot_verdict,
        coalesce(
            event_type = 'open'
            and verdict is null
            and coalesce(exact_hides, element_at(hidings, agent_part)),
            false
        ) as is_hidden_open,
        not coalesce(is_counted, true) as is_suppressed,
        element_at(hosts, host_mark) as mailbox_host,
        tenant, reported_recipient, from_domain_basis, dimension_1, dimension_2, dimension_3, dimension_4, dimension_5
    from labelled
)

select * from final
