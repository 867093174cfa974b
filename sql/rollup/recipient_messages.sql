/*
The select that rollup writes the table recipient_messages with: what became of each mail to each person, of those sent
from rollup_run's first to its last day.

Reads email_events over the input that the step names (its base, `events`, is the union of input files; copies of an
event change nothing) and the one-row relation rollup_run (as_of timestamp(3), first_send_date date, last_send_date
date, attribution_days integer). Events count from a day before sending (clocks differ) until the attribution window
ends. Opens and clicks that no single recipient made have no row. One row per message and recipient.

clock: cohort
grain: message_id, recipient_key
columns:
    message_id … as_of = recipient_messages
    dt                       varchar      The UTC day of sent_at: the partition.
*/
with run as (
    select *
    from rollup_run
),

events as (
    select
        *,
        -- A time that only repeats the sending can't tell how soon something followed.
        occurred_at_basis <> 'send' as is_timed,
        -- The gravest bounce comes first, then the earliest; of copies the one that settling keeps.
        case bounce_kind
            when 'hard' then '1 '
            when 'undetermined' then '2 '
            when 'soft' then '3 '
        end
        || cast(occurred_at as varchar)
        || event_id
        || feed
        || source_key
        || lpad(cast(source_ordinal as varchar), 20, '0')
        || attempt as bounce_order
    from email_events
    cross join run
    where recipient_key is not null
        -- A day more on either side: events of one mail may differ on when it was sent, and the earliest decides.
        and sent_at >= first_send_date - interval '1' day
        and sent_at < last_send_date + interval '2' day
        and occurred_at >= sent_at - interval '1' day
        and occurred_at < cast(sent_at as date) + attribution_days * interval '1' day
),

-- Whatever is taken here copies of an event don't change: least, greatest and distinct values.
mails as (
    select
        message_id,
        recipient_key,
        -- What a mail says of itself is the same on all of its events, or missing.
        min(recipient_domain) as recipient_domain,
        min(source) as source,
        min(recipient_count) as recipient_count,
        min(from_address) as from_address,
        min(from_domain) as from_domain,
        min(subject) as subject,
        min(account_id) as account_id,
        min(region) as region,
        min(sending_identity) as sending_identity,
        min(application_id) as application_id,
        min(configuration_set) as configuration_set,
        min(campaign_id) as campaign_id,
        min(campaign_activity_id) as campaign_activity_id,
        min(treatment_id) as treatment_id,
        min(journey_id) as journey_id,
        min(journey_run_id) as journey_run_id,
        min(journey_activity_id) as journey_activity_id,
        min(outgoing_ip) as outgoing_ip,
        min(sent_at) as sent_at,
        bool_or(event_type = 'send') as has_send_event,
        min(case when event_type = 'delivered' then occurred_at end) as delivered_at,
        min(case when event_type = 'delivered' and is_timed then occurred_at end) as timed_delivery,
        min_by(
            processing_time_ms,
            case
                when event_type = 'delivered'
                    then cast(occurred_at as varchar) || lpad(cast(processing_time_ms as varchar), 20, '0')
            end
        ) as processing_time_ms,
        min_by(occurred_at, bounce_order) as bounced_at,
        min_by(bounce_kind, bounce_order) as bounce_kind,
        min_by(bounce_sub_type, bounce_order) as bounce_sub_type,
        min_by(enhanced_status, bounce_order) as smtp_status,
        min_by(diagnostic_code, bounce_order) as diagnostic_code,
        -- Who says that it is no spam doesn't complain.
        min(
            case
                when event_type = 'complaint' and coalesce(complaint_feedback_type, 'abuse') <> 'not-spam'
                    then occurred_at
            end
        ) as complained_at,
        min(case when event_type = 'rejected' then occurred_at end) as rejected_at,
        min(case when event_type = 'rendering_failure' then occurred_at end) as rendering_failed_at,
        min(
            case when event_type = 'unsubscribe' or (event_type = 'click' and is_unsubscribe) then occurred_at end
        ) as unsubscribed_at,
        count(distinct case when event_type = 'delivery_delay' then event_id end) as delays,
        array_distinct(
            array_agg(
                cast(
                    row(occurred_at, event_id, is_machine, is_timed)
                    as row(occurred_at timestamp, event_id varchar, is_machine boolean, is_timed boolean)
                )
            ) filter (where event_type = 'open')
        ) as opened,
        array_distinct(
            array_agg(
                cast(
                    row(occurred_at, event_id, is_machine, is_timed, link)
                    as row(occurred_at timestamp, event_id varchar, is_machine boolean, is_timed boolean, link varchar)
                )
            ) filter (where event_type = 'click')
        ) as clicked,
        array_agg(distinct link) filter (where event_type = 'click' and link is not null) as links
    from events
    group by message_id, recipient_key
),

-- The clicks that end two seconds in which three or more different links were clicked.
bursts as (
    select
        *,
        case
            when cardinality(links) >= 3
                then filter(
                    clicked,
                    last -> last.is_timed
                    and cardinality(
                        filter(
                            links,
                            link -> cardinality(
                                filter(
                                    clicked,
                                    click -> click.is_timed
                                    and click.link = link
                                    and click.occurred_at >= last.occurred_at - interval '2' second
                                    and click.occurred_at <= last.occurred_at
                                )
                            ) > 0
                        )
                    ) >= 3
                )
        end as burst_ends
    from mails
),

judged as (
    select
        *,
        -- Nobody opens a mail before it is delivered.
        filter(
            opened,
            open -> not open.is_machine
            and (not open.is_timed or timed_delivery is null or open.occurred_at >= timed_delivery)
        ) as opened_by_people,
        -- Nobody clicks within five seconds of the delivery, or on three links at once.
        filter(
            clicked,
            click -> not click.is_machine
            and (
                not click.is_timed
                or (
                    (timed_delivery is null or click.occurred_at > timed_delivery + interval '5' second)
                    and (
                        burst_ends is null
                        or cardinality(
                            filter(
                                burst_ends,
                                last -> click.occurred_at >= last.occurred_at - interval '2' second
                                and click.occurred_at <= last.occurred_at
                            )
                        ) = 0
                    )
                )
            )
        ) as clicked_by_people
    from bursts
),

lives as (
    select
        *,
        -- Rows are in order of their first field.
        array_min(opened).occurred_at as first_opened_at,
        array_max(opened).occurred_at as last_opened_at,
        array_min(opened_by_people).occurred_at as first_human_opened_at,
        array_min(clicked).occurred_at as first_clicked_at,
        array_max(clicked).occurred_at as last_clicked_at,
        array_min(clicked_by_people).occurred_at as first_human_clicked_at,
        coalesce(cardinality(opened), 0) as opens,
        coalesce(cardinality(opened_by_people), 0) as human_opens,
        coalesce(cardinality(clicked), 0) as clicks,
        coalesce(cardinality(clicked_by_people), 0) as human_clicks
    from judged
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
