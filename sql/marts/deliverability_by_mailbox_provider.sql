/*
Whether a mailbox provider turns our mail away. One row per send date and mailbox provider.

clock: cohort
grain: send_date, mailbox_provider
generated: npm run sql, from functions/lake/sql/marts; change it there, as this file is overwritten
columns:
    send_date, dt, mailbox_provider, sent … simulator_messages = deliverability_facts
    delivery_rate … is_mature = deliverability_daily
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
        send_date, dt, mailbox_provider,
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
        cast(sum(delivered_inferred) as bigint) as delivered_inferred,
        cast(sum(volume_sent) as bigint) as volume_sent,
        cast(sum(volume_hard_bounces) as bigint) as volume_hard_bounces,
        cast(sum(volume_soft_bounces) as bigint) as volume_soft_bounces,
        cast(sum(volume_undetermined_bounces) as bigint) as volume_undetermined_bounces,
        cast(sum(soft_never_delivered) as bigint) as soft_never_delivered,
        cast(sum(observed_sent) as bigint) as observed_sent,
        cast(sum(observed_delivered) as bigint) as observed_delivered,
        cast(sum(open_trackable) as bigint) as open_trackable,
        cast(sum(click_trackable) as bigint) as click_trackable,
        cast(sum(hidden_opens) as bigint) as hidden_opens,
        cast(sum(unsubscribe_delivered) as bigint) as unsubscribe_delivered,
        cast(sum(delayed_delivered) as bigint) as delayed_delivered,
        cast(sum(delayed_bounced) as bigint) as delayed_bounced,
        cast(sum(simulator_messages) as bigint) as simulator_messages
    from facts
    group by send_date, dt, mailbox_provider
),

final as (
    select
        send_date, dt, mailbox_provider, sent, sends_without_event, delivered, hard_bounces, soft_bounces,
        undetermined_bounces, suppressed_bounces, reputation_sent, reputation_hard_bounces, complaints,
        feedback_delivered, feedback_complaints, rejected, rendering_failures, delayed, trackable_delivered,
        unique_opens, unique_human_opens, total_opens, total_human_opens, unique_clicks, unique_human_clicks,
        total_clicks, total_human_clicks, unsubscribes, delivered_inferred, volume_sent, volume_hard_bounces,
        volume_soft_bounces, volume_undetermined_bounces, soft_never_delivered, observed_sent, observed_delivered,
        open_trackable, click_trackable, hidden_opens, unsubscribe_delivered, delayed_delivered, delayed_bounced,
        simulator_messages,
        cast(observed_delivered as double) / nullif(observed_sent, 0) as delivery_rate,
        cast(volume_hard_bounces as double) / nullif(volume_sent, 0) as hard_bounce_rate,
        cast(volume_soft_bounces as double) / nullif(volume_sent, 0) as soft_bounce_rate,
        cast(volume_undetermined_bounces as double) / nullif(volume_sent, 0) as undetermined_bounce_rate,
        cast(reputation_hard_bounces as double) / nullif(reputation_sent, 0) as reputation_bounce_rate,
        cast(feedback_complaints as double) / nullif(feedback_delivered, 0) as complaint_rate,
        case when unique_opens <= open_trackable
            then cast(unique_opens as double) / nullif(open_trackable, 0) end as unique_open_rate,
        case when unique_human_opens <= open_trackable and hidden_opens < 0.9 * greatest(unique_opens, 1)
            then cast(unique_human_opens as double) / nullif(open_trackable, 0) end as human_open_rate,
        case when unique_clicks <= click_trackable
            then cast(unique_clicks as double) / nullif(click_trackable, 0) end as unique_click_rate,
        case when unique_human_clicks <= unique_human_opens and hidden_opens < 0.9 * greatest(unique_opens, 1)
            then cast(unique_human_clicks as double) / nullif(unique_human_opens, 0) end as click_to_open_rate,
        case when unsubscribes <= unsubscribe_delivered
            then cast(unsubscribes as double) / nullif(unsubscribe_delivered, 0) end as unsubscribe_rate,
        case when unique_human_clicks <= click_trackable
            then cast(unique_human_clicks as double) / nullif(click_trackable, 0) end as human_click_rate,
        cast(soft_never_delivered as double) / nullif(volume_sent, 0) as soft_never_delivered_rate,
        send_date + attribution_days * interval '1' day < current_date as is_mature
    from sums
    cross join settings
)

select * from final
