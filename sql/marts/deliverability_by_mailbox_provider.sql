/*
Whether a mailbox provider turns our mail away. One row per send date and mailbox provider.

clock: cohort
grain: send_date, mailbox_provider
generated: npm run sql, from functions/lake/sql/marts; change it there, as this file is overwritten
columns:
    send_date         date    = deliverability_facts
    dt                varchar = deliverability_facts
    mailbox_provider  varchar = deliverability_facts
    sent … simulator_messages = deliverability_facts
    delivery_rate … complaint_rate = deliverability_daily
    unique_open_rate  double  unique_opens / trackable_delivered; NULL where opens can't be seen: the mail of the day,
                              to any provider, had none.
    human_open_rate   double  unique_human_opens / trackable_delivered; NULL where opens can't be seen: the mail of the
                              day, to any provider, had none.
    unique_click_rate double  unique_clicks / trackable_delivered; NULL where clicks can't be seen: the mail of the day,
                              to any provider, had none.
    click_to_open_rate … is_mature = deliverability_daily
*/
with facts as (
    select *
    from deliverability_facts
),

settings as (
    select cast(value as integer) as attribution_days
    from seed_settings
    where name = 'attribution_days'
),

sums as (
    select
        send_date,
        dt,
        mailbox_provider,
        cast(sum(sent) as bigint) as sent,
        cast(sum(sends_without_event) as bigint) as sends_without_event,
        cast(sum(delivered) as bigint) as delivered,
        cast(sum(hard_bounces) as bigint) as hard_bounces,
        cast(sum(soft_bounces) as bigint) as soft_bounces,
        cast(sum(undetermined_bounces) as bigint) as undetermined_bounces,
        cast(sum(suppressed_bounces) as bigint) as suppressed_bounces,
        cast(sum(reputation_sent) as bigint) as reputation_sent,
        cast(sum(reputation_hard_bounces) as bigint) as reputation_hard_bounces,
        cast(sum(complaints) as bigint) as complaints,
        cast(sum(feedback_delivered) as bigint) as feedback_delivered,
        cast(sum(feedback_complaints) as bigint) as feedback_complaints,
        cast(sum(rejected) as bigint) as rejected,
        cast(sum(rendering_failures) as bigint) as rendering_failures,
        cast(sum(delayed) as bigint) as delayed,
        cast(sum(trackable_delivered) as bigint) as trackable_delivered,
        cast(sum(unique_opens) as bigint) as unique_opens,
        cast(sum(unique_human_opens) as bigint) as unique_human_opens,
        cast(sum(total_opens) as bigint) as total_opens,
        cast(sum(total_human_opens) as bigint) as total_human_opens,
        cast(sum(unique_clicks) as bigint) as unique_clicks,
        cast(sum(unique_human_clicks) as bigint) as unique_human_clicks,
        cast(sum(total_clicks) as bigint) as total_clicks,
        cast(sum(total_human_clicks) as bigint) as total_human_clicks,
        cast(sum(unsubscribes) as bigint) as unsubscribes,
        cast(sum(simulator_messages) as bigint) as simulator_messages
    from facts
    group by send_date, dt, mailbox_provider
),

scoped as (
    select
        *,
        sum(unique_opens) over (partition by send_date, dt) as unique_opens_in_scope,
        sum(unique_clicks) over (partition by send_date, dt) as unique_clicks_in_scope
    from sums
),

final as (
    select
        send_date,
        dt,
        mailbox_provider,
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
        send_date + attribution_days * interval '1' day < current_date as is_mature
    from scoped
    cross join settings
)

select * from final
