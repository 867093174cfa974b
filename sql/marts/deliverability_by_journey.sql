/*
How each step of each journey did, whenever it was sent; mail of no journey is left out. For days of a journey see
deliverability_facts. One row per journey, run and activity.

clock: cohort
grain: journey_id, journey_run_id, journey_activity_id
generated: npm run sql, from functions/lake/sql/marts; change it there, as this file is overwritten
columns:
    journey_id          varchar = message_outcomes
    journey_run_id      varchar = message_outcomes
    journey_activity_id varchar = message_outcomes
    first_send_date     date    The first day of sending, simulator addresses aside.
    last_send_date      date    The last day of sending, simulator addresses aside.
    sent … simulator_messages = deliverability_facts
    delivery_rate … complaint_rate = deliverability_daily
    unique_open_rate    double  unique_opens / trackable_delivered; NULL where opens can't be seen: the journey had
                                none.
    human_open_rate     double  unique_human_opens / trackable_delivered; NULL where opens can't be seen: the journey
                                had none.
    unique_click_rate   double  unique_clicks / trackable_delivered; NULL where clicks can't be seen: the journey had
                                none.
    click_to_open_rate … unsubscribe_rate = deliverability_daily
    is_mature           boolean The attribution window of the last send date is over, and a day for late arrivals: the
                                numbers are final.
*/
with outcomes as (
    select *
    from message_outcomes
    where journey_id is not null
),

settings as (
    select cast(value as integer) as attribution_days
    from seed_settings
    where name = 'attribution_days'
),

sums as (
    select
        journey_id,
        journey_run_id,
        journey_activity_id,
        min(case when not is_simulator then send_date end) as first_send_date,
        max(case when not is_simulator then send_date end) as last_send_date,
        count_if(not is_simulator and is_sent) as sent,
        count_if(not is_simulator and is_sent and not has_send_event) as sends_without_event,
        count_if(not is_simulator and is_delivered) as delivered,
        count_if(not is_simulator and bounce_kind = 'hard') as hard_bounces,
        count_if(not is_simulator and bounce_kind = 'soft') as soft_bounces,
        count_if(not is_simulator and bounce_kind = 'undetermined') as undetermined_bounces,
        count_if(not is_simulator and is_suppressed) as suppressed_bounces,
        count_if(not is_simulator and is_sent and not is_suppressed) as reputation_sent,
        count_if(not is_simulator and bounce_kind = 'hard' and not is_suppressed) as reputation_hard_bounces,
        count_if(not is_simulator and complained_at is not null) as complaints,
        count_if(not is_simulator and is_delivered and has_complaint_feedback) as feedback_delivered,
        count_if(
            not is_simulator
            and is_delivered
            and has_complaint_feedback
            and complained_at is not null
        ) as feedback_complaints,
        count_if(not is_simulator and rejected_at is not null) as rejected,
        count_if(not is_simulator and rendering_failed_at is not null) as rendering_failures,
        count_if(not is_simulator and delays > 0) as delayed,
        count_if(not is_simulator and is_trackable_delivered) as trackable_delivered,
        count_if(not is_simulator and is_trackable_delivered and opens > 0) as unique_opens,
        count_if(not is_simulator and is_trackable_delivered and human_opens > 0) as unique_human_opens,
        coalesce(
            cast(sum(case when not is_simulator and is_trackable_delivered then opens end) as bigint),
            0
        ) as total_opens,
        coalesce(
            cast(sum(case when not is_simulator and is_trackable_delivered then human_opens end) as bigint),
            0
        ) as total_human_opens,
        count_if(not is_simulator and is_trackable_delivered and clicks > 0) as unique_clicks,
        count_if(not is_simulator and is_trackable_delivered and human_clicks > 0) as unique_human_clicks,
        coalesce(
            cast(sum(case when not is_simulator and is_trackable_delivered then clicks end) as bigint),
            0
        ) as total_clicks,
        coalesce(
            cast(sum(case when not is_simulator and is_trackable_delivered then human_clicks end) as bigint),
            0
        ) as total_human_clicks,
        count_if(not is_simulator and unsubscribed_at is not null) as unsubscribes,
        count_if(is_simulator) as simulator_messages
    from outcomes
    group by journey_id, journey_run_id, journey_activity_id
),

scoped as (
    select
        *,
        sum(unique_opens) over (partition by journey_id) as unique_opens_in_scope,
        sum(unique_clicks) over (partition by journey_id) as unique_clicks_in_scope
    from sums
),

final as (
    select
        journey_id,
        journey_run_id,
        journey_activity_id,
        first_send_date,
        last_send_date,
        sent,
        sends_without_event,
        delivered,
        hard_bounces,
        soft_bounces,
        undetermined_bounces,
        suppressed_bounces,
        reputation_sent,
        reputation_hard_bounces,
        complaints,
        feedback_delivered,
        feedback_complaints,
        rejected,
        rendering_failures,
        delayed,
        trackable_delivered,
        unique_opens,
        unique_human_opens,
        total_opens,
        total_human_opens,
        unique_clicks,
        unique_human_clicks,
        total_clicks,
        total_human_clicks,
        unsubscribes,
        simulator_messages,
        cast(delivered as double) / nullif(sent, 0) as delivery_rate,
        cast(hard_bounces as double) / nullif(sent, 0) as hard_bounce_rate,
        cast(soft_bounces as double) / nullif(sent, 0) as soft_bounce_rate,
        cast(undetermined_bounces as double) / nullif(sent, 0) as undetermined_bounce_rate,
        cast(reputation_hard_bounces as double) / nullif(reputation_sent, 0) as reputation_bounce_rate,
        cast(feedback_complaints as double) / nullif(feedback_delivered, 0) as complaint_rate,
        case
            when unique_opens_in_scope > 0 then cast(unique_opens as double) / nullif(trackable_delivered, 0)
        end as unique_open_rate,
        case
            when unique_opens_in_scope > 0 then cast(unique_human_opens as double) / nullif(trackable_delivered, 0)
        end as human_open_rate,
        case
            when unique_clicks_in_scope > 0 then cast(unique_clicks as double) / nullif(trackable_delivered, 0)
        end as unique_click_rate,
        case
            when unique_human_clicks <= unique_human_opens
                then cast(unique_human_clicks as double) / nullif(unique_human_opens, 0)
        end as click_to_open_rate,
        cast(unsubscribes as double) / nullif(delivered, 0) as unsubscribe_rate,
        last_send_date + attribution_days * interval '1' day < current_date as is_mature
    from scoped
    cross join settings
)

select * from final
