/*
Events as event-day marts read them: with mailbox provider, bounce category, machine label and names in words. Copies
of an event that are not settled yet are all here: count distinct event_id. One row per event and recipient.

clock: event day
grain: event_id
columns:
    event_id                 varchar      = events
    source                   varchar      = events
    feed                     varchar      = events
    event_type               varchar      = events
    native_type              varchar      = events
    occurred_at              timestamp(3) = events
    occurred_at_basis        varchar      = events
    sent_at                  timestamp(3) = events
    delivered_to_lake_at     timestamp(3) = events
    is_time_suspect          boolean      = events
    message_id               varchar      = events
    recipient                varchar      = events
    recipient_key            varchar      = events
    recipient_domain         varchar      = events
    recipient_count          integer      = events
    from_address             varchar      = events
    from_name                varchar      = events
    from_domain              varchar      = events
    envelope_from            varchar      = events
    reply_to                 varchar      = events
    rfc_message_id           varchar      = events
    subject                  varchar      = events
    has_truncated_headers    boolean      = events
    account_id               varchar      = events
    region                   varchar      = events
    sending_identity         varchar      = events
    application_id           varchar      = events
    configuration_set        varchar      = events
    campaign_id              varchar      = events
    campaign_activity_id     varchar      = events
    treatment_id             varchar      = events
    journey_id               varchar      = events
    journey_run_id           varchar      = events
    journey_activity_id      varchar      = events
    source_ip                varchar      = events
    outgoing_ip              varchar      = events
    tls_version              varchar      = events
    tags                     varchar      = events
    smtp_response            varchar      = events
    reporting_mta            varchar      = events
    remote_mta_ip            varchar      = events
    processing_time_ms       bigint       = events
    bounce_type              varchar      = events
    bounce_sub_type          varchar      = events
    bounce_action            varchar      = events
    smtp_status              varchar      = events
    diagnostic_code          varchar      = events
    feedback_id              varchar      = events
    complaint_feedback_type  varchar      = events
    complaint_sub_type       varchar      = events
    complaint_arrived_at     timestamp(3) = events
    delay_type               varchar      = events
    delay_expires_at         timestamp(3) = events
    reject_reason            varchar      = events
    template_name            varchar      = events
    error_message            varchar      = events
    contact_list             varchar      = events
    topic_preferences        varchar      = events
    ip_address               varchar      = events
    user_agent               varchar      = events
    client_name              varchar      = events
    device_class             varchar      = events
    is_bot_agent             boolean      = events
    link                     varchar      = events
    is_unsubscribe           boolean      = events
    attempt                  varchar      = events
    source_key               varchar      = events
    source_ordinal           bigint       = events
    extras                   varchar      = events
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
    bounce_category          varchar      Why it bounced, in one word: `suppressed`, `bad_address`, `bad_sender`,
                                          `mailbox_full`, `message_too_big`, `mailbox_unavailable`, `mail_system`,
                                          `network`, `protocol`, `content`, `policy` or `other`.
    enhanced_status          varchar      smtp_status, or where it is missing the code found in diagnostic_code (RFC
                                          3463).
    machine_reason           varchar      The rule that takes this open or click for a machine's
                                          (`apple_mail_privacy`, `gmail_image_proxy`, `yahoo_image_proxy`,
                                          `security_scanner`, `bot_agent`, or what seed machine_agents says); NULL if
                                          none. Rules on the row alone: those on timing are in recipient_messages.
    is_machine               boolean      The label counts as a machine: false for agents that a person usually
                                          triggers, and for other events.
*/
with exact_providers as (
    select
        domain,
        provider,
        has_complaint_feedback
    from seed_mailbox_providers
    where domain is not null
),

pattern_providers as (
    select
        label_prefix,
        provider,
        has_complaint_feedback
    from seed_mailbox_providers
    where label_prefix is not null
),

exact_agents as (
    select
        agent,
        reason,
        counts_as_human
    from seed_machine_agents
    where match = 'exact'
),

-- One row: a user agent is searched for all parts at once, so that no event comes twice.
agent_parts as (
    select
        array_agg(agent order by agent) as agents,
        map_agg(agent, reason) as reasons,
        map_agg(agent, counts_as_human) as humans
    from seed_machine_agents
    where match = 'contains'
),

labelled as (
    select
        happened.event_id,
        happened.source,
        happened.feed,
        happened.event_type,
        happened.native_type,
        happened.occurred_at,
        happened.occurred_at_basis,
        happened.sent_at,
        happened.delivered_to_lake_at,
        happened.is_time_suspect,
        happened.message_id,
        happened.recipient,
        happened.recipient_key,
        happened.recipient_domain,
        happened.recipient_count,
        happened.from_address,
        happened.from_name,
        happened.from_domain,
        happened.envelope_from,
        happened.reply_to,
        happened.rfc_message_id,
        happened.subject,
        happened.has_truncated_headers,
        happened.account_id,
        happened.region,
        happened.sending_identity,
        happened.application_id,
        happened.configuration_set,
        happened.campaign_id,
        happened.campaign_activity_id,
        happened.treatment_id,
        happened.journey_id,
        happened.journey_run_id,
        happened.journey_activity_id,
        happened.source_ip,
        happened.outgoing_ip,
        happened.tls_version,
        happened.tags,
        happened.smtp_response,
        happened.reporting_mta,
        happened.remote_mta_ip,
        happened.processing_time_ms,
        happened.bounce_type,
        happened.bounce_sub_type,
        happened.bounce_action,
        happened.smtp_status,
        happened.diagnostic_code,
        happened.feedback_id,
        happened.complaint_feedback_type,
        happened.complaint_sub_type,
        happened.complaint_arrived_at,
        happened.delay_type,
        happened.delay_expires_at,
        happened.reject_reason,
        happened.template_name,
        happened.error_message,
        happened.contact_list,
        happened.topic_preferences,
        happened.ip_address,
        happened.user_agent,
        happened.client_name,
        happened.device_class,
        happened.is_bot_agent,
        happened.link,
        happened.is_unsubscribe,
        happened.attempt,
        happened.source_key,
        happened.source_ordinal,
        happened.extras,
        happened.dt,
        coalesce(exact_providers.provider, pattern_providers.provider, 'other') as provider,
        coalesce(
            exact_providers.has_complaint_feedback,
            pattern_providers.has_complaint_feedback,
            false
        ) as has_complaint_feedback,
        case
            when happened.event_type in ('hard_bounce', 'soft_bounce', 'undetermined_bounce', 'delivery_delay')
                then coalesce(
                    regexp_extract(happened.smtp_status, '^\s*([245][.][0-9]{1,3}[.][0-9]{1,3})\s*$', 1),
                    -- Not a part of an address such as 192.5.1.1; a full stop may follow.
                    regexp_extract(
                        happened.diagnostic_code,
                        '(?:^|[^0-9.])([245][.][0-9]{1,3}[.][0-9]{1,3})(?:[.]?[^0-9.]|[.]?$)',
                        1
                    )
                )
        end as enhanced_status,
        exact_agents.reason as exact_reason,
        exact_agents.counts_as_human as exact_human,
        agent_parts.reasons,
        agent_parts.humans,
        case
            when happened.event_type in ('open', 'click') and happened.user_agent is not null
                then array_min(
                    filter(agent_parts.agents, part -> strpos(lower(happened.user_agent), part) > 0)
                )
        end as agent_part
    from events as happened
    cross join agent_parts
    left join exact_providers on happened.recipient_domain = exact_providers.domain
    left join pattern_providers
        -- The name under a public suffix: yahoo.de and yahoo.co.uk, but not yahoo.example.com.
        on pattern_providers.label_prefix = case
            when regexp_like(happened.recipient_domain, '^[^.]+[.]((com?|net|org|ne|or)[.])?[a-z]+$')
                then substr(happened.recipient_domain, 1, strpos(happened.recipient_domain, '.') - 1)
        end
    left join exact_agents
        on exact_agents.agent = case when happened.event_type in ('open', 'click') then happened.user_agent end
),

final as (
    select
        event_id,
        source,
        feed,
        event_type,
        native_type,
        occurred_at,
        occurred_at_basis,
        sent_at,
        delivered_to_lake_at,
        is_time_suspect,
        message_id,
        recipient,
        recipient_key,
        recipient_domain,
        recipient_count,
        from_address,
        from_name,
        from_domain,
        envelope_from,
        reply_to,
        rfc_message_id,
        subject,
        has_truncated_headers,
        account_id,
        region,
        sending_identity,
        application_id,
        configuration_set,
        campaign_id,
        campaign_activity_id,
        treatment_id,
        journey_id,
        journey_run_id,
        journey_activity_id,
        source_ip,
        outgoing_ip,
        tls_version,
        tags,
        smtp_response,
        reporting_mta,
        remote_mta_ip,
        processing_time_ms,
        bounce_type,
        bounce_sub_type,
        bounce_action,
        smtp_status,
        diagnostic_code,
        feedback_id,
        complaint_feedback_type,
        complaint_sub_type,
        complaint_arrived_at,
        delay_type,
        delay_expires_at,
        reject_reason,
        template_name,
        error_message,
        contact_list,
        topic_preferences,
        ip_address,
        user_agent,
        client_name,
        device_class,
        is_bot_agent,
        link,
        is_unsubscribe,
        attempt,
        source_key,
        source_ordinal,
        extras,
        dt,
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
        case when recipient_key is not null then provider end as mailbox_provider,
        case when recipient_key is not null then has_complaint_feedback end as has_complaint_feedback,
        coalesce(recipient_domain = 'simulator.amazonses.com', false) as is_simulator,
        case event_type
            when 'hard_bounce' then 'hard'
            when 'soft_bounce' then 'soft'
            when 'undetermined_bounce' then 'undetermined'
        end as bounce_kind,
        case
            when event_type not in ('hard_bounce', 'soft_bounce', 'undetermined_bounce') then null
            when bounce_sub_type in ('OnAccountSuppressionList', 'Suppressed') then 'suppressed'
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
            when bounce_sub_type = 'NoEmail' then 'bad_address'
            when bounce_sub_type = 'MailboxFull' then 'mailbox_full'
            when bounce_sub_type = 'MessageTooLarge' then 'message_too_big'
            when bounce_sub_type in ('ContentRejected', 'AttachmentRejected') then 'content'
            else 'other'
        end as bounce_category,
        enhanced_status,
        coalesce(
            exact_reason,
            element_at(reasons, agent_part),
            case when event_type in ('open', 'click') and is_bot_agent then 'bot_agent' end
        ) as machine_reason,
        -- A reason without a word on people is that of is_bot_agent.
        not coalesce(
            exact_human,
            element_at(humans, agent_part),
            event_type not in ('open', 'click') or not coalesce(is_bot_agent, false)
        ) as is_machine
    from labelled
)

select * from final
