/*
The select that rollup writes the table recipient_messages with: what became of each mail to each person, of those sent
from rollup_run's first to its last day.

Reads email_events over the input that the step names (its base, `events`, is the union of input files; copies of an
event change nothing) and the one-row relation rollup_run (as_of timestamp(3), first_send_date date, last_send_date
date, attribution_days integer). Events count from a day before sending (clocks differ) until the attribution window
ends. Opens and clicks that no single recipient made have no row. One row per message and
recipient.

clock: cohort
grain: message_id, recipient_key
columns:
    message_id               varchar      = recipient_messages
    recipient_key            varchar      = recipient_messages
    recipient_domain         varchar      = recipient_messages
    source                   varchar      = recipient_messages
    recipient_count          integer      = recipient_messages
    from_address             varchar      = recipient_messages
    from_domain              varchar      = recipient_messages
    subject                  varchar      = recipient_messages
    account_id               varchar      = recipient_messages
    region                   varchar      = recipient_messages
    sending_identity         varchar      = recipient_messages
    application_id           varchar      = recipient_messages
    configuration_set        varchar      = recipient_messages
    campaign_id              varchar      = recipient_messages
    campaign_activity_id     varchar      = recipient_messages
    treatment_id             varchar      = recipient_messages
    journey_id               varchar      = recipient_messages
    journey_run_id           varchar      = recipient_messages
    journey_activity_id      varchar      = recipient_messages
    outgoing_ip              varchar      = recipient_messages
    sent_at                  timestamp(3) = recipient_messages
    has_send_event           boolean      = recipient_messages
    delivered_at             timestamp(3) = recipient_messages
    bounced_at               timestamp(3) = recipient_messages
    bounce_kind              varchar      = recipient_messages
    bounce_sub_type          varchar      = recipient_messages
    smtp_status              varchar      = recipient_messages
    diagnostic_code          varchar      = recipient_messages
    complained_at            timestamp(3) = recipient_messages
    rejected_at              timestamp(3) = recipient_messages
    rendering_failed_at      timestamp(3) = recipient_messages
    first_opened_at          timestamp(3) = recipient_messages
    last_opened_at           timestamp(3) = recipient_messages
    first_human_opened_at    timestamp(3) = recipient_messages
    first_clicked_at         timestamp(3) = recipient_messages
    last_clicked_at          timestamp(3) = recipient_messages
    first_human_clicked_at   timestamp(3) = recipient_messages
    opens                    bigint       = recipient_messages
    human_opens              bigint       = recipient_messages
    clicks                   bigint       = recipient_messages
    human_clicks             bigint       = recipient_messages
    unsubscribed_at          timestamp(3) = recipient_messages
    delays                   bigint       = recipient_messages
    processing_time_ms       bigint       = recipient_messages
    last_status              varchar      = recipient_messages
    is_trackable             boolean      = recipient_messages
    as_of                    timestamp(3) = recipient_messages
    dt                       varchar      The UTC day of sent_at: the partition.
*/
with run as (
    select
        as_of,
        first_send_date,
        last_send_date,
        attribution_days
    from rollup_run
),

copies as (
    select
        event_id,
        event_type,
        occurred_at,
        occurred_at_basis,
        message_id,
        recipient_key,
        sent_at,
        recipient_domain,
        source,
        recipient_count,
        from_address,
        from_domain,
        subject,
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
        outgoing_ip,
        processing_time_ms,
        bounce_kind,
        bounce_sub_type,
        enhanced_status,
        diagnostic_code,
        link,
        is_unsubscribe,
        is_machine,
        -- The same copy that settling keeps.
        row_number() over (
            partition by event_id
            order by feed, source_key, source_ordinal, attempt
        ) as copy
    from email_events
    cross join run
    where recipient_key is not null
        -- A day more on either side: events of one mail may differ on when it was sent, and the earliest decides.
        and sent_at >= first_send_date - interval '1' day
        and sent_at < last_send_date + interval '2' day
        and occurred_at >= sent_at - interval '1' day
        and occurred_at < cast(sent_at as date) + attribution_days * interval '1' day
),

placed as (
    select
        event_type,
        occurred_at,
        occurred_at_basis,
        message_id,
        recipient_key,
        sent_at,
        recipient_domain,
        source,
        recipient_count,
        from_address,
        from_domain,
        subject,
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
        outgoing_ip,
        processing_time_ms,
        bounce_kind,
        bounce_sub_type,
        enhanced_status,
        diagnostic_code,
        is_unsubscribe,
        is_machine,
        -- What a mail says of itself is taken from the first event that says it: its send if there is one. Among
        -- bounces the gravest comes first, among deliveries the earliest.
        row_number() over (
            partition by message_id, recipient_key
            order by
                case event_type
                    when 'send' then 1
                    when 'hard_bounce' then 2
                    when 'undetermined_bounce' then 3
                    when 'soft_bounce' then 4
                    when 'delivered' then 5
                    else 6
                end,
                occurred_at,
                event_id
        ) as place,
        -- Times that only repeat the sending can't tell how soon something followed.
        min(case when event_type = 'delivered' and occurred_at_basis <> 'send' then occurred_at end) over (
            partition by message_id, recipient_key
        ) as timed_delivery,
        array_agg(case when event_type = 'click' and occurred_at_basis <> 'send' then link end) over (
            partition by message_id, recipient_key, event_type
            order by occurred_at
            range between interval '2' second preceding and current row
        ) as links_of_two_seconds
    from copies
    where copy = 1
),

judged as (
    select
        event_type,
        occurred_at,
        message_id,
        recipient_key,
        sent_at,
        recipient_domain,
        source,
        recipient_count,
        from_address,
        from_domain,
        subject,
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
        outgoing_ip,
        processing_time_ms,
        bounce_kind,
        bounce_sub_type,
        enhanced_status,
        diagnostic_code,
        is_unsubscribe,
        place,
        not is_machine
        -- Before the delivery, or a click too soon after it.
        and not coalesce(
            occurred_at_basis <> 'send'
            and (
                occurred_at < timed_delivery
                or (event_type = 'click' and occurred_at <= timed_delivery + interval '5' second)
            ),
            false
        )
        -- Three or more different links within two seconds, of which this click is one.
        and max(
            case
                when cardinality(array_distinct(filter(links_of_two_seconds, link -> link is not null))) >= 3 then 1
                else 0
            end
        ) over (
            partition by message_id, recipient_key, event_type
            order by occurred_at
            range between current row and interval '2' second following
        ) = 0 as is_human
    from placed
),

lives as (
    select
        message_id,
        recipient_key,
        min_by(recipient_domain, case when recipient_domain is not null then place end) as recipient_domain,
        min_by(source, case when source is not null then place end) as source,
        min_by(recipient_count, case when recipient_count is not null then place end) as recipient_count,
        min_by(from_address, case when from_address is not null then place end) as from_address,
        min_by(from_domain, case when from_domain is not null then place end) as from_domain,
        min_by(subject, case when subject is not null then place end) as subject,
        min_by(account_id, case when account_id is not null then place end) as account_id,
        min_by(region, case when region is not null then place end) as region,
        min_by(sending_identity, case when sending_identity is not null then place end) as sending_identity,
        min_by(application_id, case when application_id is not null then place end) as application_id,
        min_by(configuration_set, case when configuration_set is not null then place end) as configuration_set,
        min_by(campaign_id, case when campaign_id is not null then place end) as campaign_id,
        min_by(campaign_activity_id, case when campaign_activity_id is not null then place end) as campaign_activity_id,
        min_by(treatment_id, case when treatment_id is not null then place end) as treatment_id,
        min_by(journey_id, case when journey_id is not null then place end) as journey_id,
        min_by(journey_run_id, case when journey_run_id is not null then place end) as journey_run_id,
        min_by(journey_activity_id, case when journey_activity_id is not null then place end) as journey_activity_id,
        min_by(outgoing_ip, case when outgoing_ip is not null then place end) as outgoing_ip,
        min(sent_at) as sent_at,
        bool_or(event_type = 'send') as has_send_event,
        min(case when event_type = 'delivered' then occurred_at end) as delivered_at,
        min_by(occurred_at, case when bounce_kind is not null then place end) as bounced_at,
        min_by(bounce_kind, case when bounce_kind is not null then place end) as bounce_kind,
        min_by(bounce_sub_type, case when bounce_kind is not null then place end) as bounce_sub_type,
        min_by(enhanced_status, case when bounce_kind is not null then place end) as smtp_status,
        min_by(diagnostic_code, case when bounce_kind is not null then place end) as diagnostic_code,
        min(case when event_type = 'complaint' then occurred_at end) as complained_at,
        min(case when event_type = 'rejected' then occurred_at end) as rejected_at,
        min(case when event_type = 'rendering_failure' then occurred_at end) as rendering_failed_at,
        min(case when event_type = 'open' then occurred_at end) as first_opened_at,
        max(case when event_type = 'open' then occurred_at end) as last_opened_at,
        min(case when event_type = 'open' and is_human then occurred_at end) as first_human_opened_at,
        min(case when event_type = 'click' then occurred_at end) as first_clicked_at,
        max(case when event_type = 'click' then occurred_at end) as last_clicked_at,
        min(case when event_type = 'click' and is_human then occurred_at end) as first_human_clicked_at,
        count_if(event_type = 'open') as opens,
        count_if(event_type = 'open' and is_human) as human_opens,
        count_if(event_type = 'click') as clicks,
        count_if(event_type = 'click' and is_human) as human_clicks,
        min(
            case when event_type = 'unsubscribe' or (event_type = 'click' and is_unsubscribe) then occurred_at end
        ) as unsubscribed_at,
        count_if(event_type = 'delivery_delay') as delays,
        min_by(
            processing_time_ms,
            case when event_type = 'delivered' and processing_time_ms is not null then place end
        ) as processing_time_ms
    from judged
    group by message_id, recipient_key
),

final as (
    select
        message_id,
        recipient_key,
        recipient_domain,
        source,
        recipient_count,
        from_address,
        from_domain,
        subject,
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
        outgoing_ip,
        sent_at,
        has_send_event,
        delivered_at,
        bounced_at,
        bounce_kind,
        bounce_sub_type,
        smtp_status,
        diagnostic_code,
        complained_at,
        rejected_at,
        rendering_failed_at,
        first_opened_at,
        last_opened_at,
        first_human_opened_at,
        first_clicked_at,
        last_clicked_at,
        first_human_clicked_at,
        opens,
        human_opens,
        clicks,
        human_clicks,
        unsubscribed_at,
        delays,
        processing_time_ms,
        -- What a person did proves the delivery, so an out-of-office reply (a soft bounce) doesn't hide it.
        case
            when complained_at is not null then 'complained'
            when bounce_kind = 'hard' then 'hard_bounced'
            when rejected_at is not null then 'rejected'
            when rendering_failed_at is not null then 'rendering_failed'
            when unsubscribed_at is not null then 'unsubscribed'
            when clicks > 0 then 'clicked'
            when opens > 0 then 'opened'
            when delivered_at is not null then 'delivered'
            when bounce_kind = 'undetermined' then 'undetermined_bounced'
            when bounce_kind = 'soft' then 'soft_bounced'
            when delays > 0 then 'delayed'
            else 'sent'
        end as last_status,
        coalesce(recipient_count = 1, false) as is_trackable,
        as_of,
        cast(cast(sent_at as date) as varchar) as dt
    from lives
    cross join run
    where cast(sent_at as date) between first_send_date and last_send_date
)

select * from final
