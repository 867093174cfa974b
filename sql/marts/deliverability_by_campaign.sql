/*
How each campaign did, whenever it was sent; mail of no campaign is left out. For days of a campaign see
deliverability_facts. One row per campaign, activity and treatment.

clock: cohort
grain: campaign_id, campaign_activity_id, treatment_id
generated: npm run sql, from functions/lake/sql/marts; change it there, as this file is overwritten
columns:
    campaign_id, campaign_activity_id, treatment_id = message_outcomes
    first_send_date date    The first day of sending, simulator addresses aside.
    last_send_date  date    The last day of sending, simulator addresses aside.
    sent … simulator_messages = deliverability_facts
    delivery_rate … soft_never_delivered_rate = deliverability_daily
    is_mature       boolean The attribution window of the last send date is over, and a day for late arrivals: the
                            numbers are final.
*/
with outcomes as (
    select *
    from message_outcomes
    where campaign_id is not null
),

settings as (
    select cast(value as integer) as attribution_days
    from seed_settings
    where name = 'attribution_days'
),

sums as (
    select
        campaign_id, campaign_activity_id, treatment_id,
        min(case when not is_simulator then send_date end) as first_send_date,
        max(case when not is_simulator then send_date end) as last_send_date,
        count_if(not is_simulator and is_sent) as sent,
        count_if(not is_simulator and is_sent and not has_send_event) as sends_without_event,
        count_if(not is_simulator and is_delivered) as delivered,
        count_if(not is_simulator and bounce_kind = 'hard') as hard_bounces,
        count_if(not is_simulator and bounce_kind = 'soft') as soft_bounces,
        count_if(not is_simulator and bounce_kind = 'undetermined') as undetermined_bounces,
        count_if(not is_simulator and is_suppressed) as suppressed_bounces,
        count_if(not is_simulator and is_sent and not is_suppressed and is_volume_observed) as reputation_sent,
        count_if(not is_simulator and bounce_kind = 'hard' and is_volume_observed) as reputation_hard_bounces,
        count_if(not is_simulator and complained_at is not null) as complaints,
        count_if(not is_simulator and is_presumed_delivered and is_complaint_observed) as feedback_delivered,
        count_if(not is_simulator and is_presumed_delivered and is_complaint_observed and complained_at is not null)
            as feedback_complaints,
        count_if(not is_simulator and rejected_at is not null) as rejected,
        count_if(not is_simulator and rendering_failed_at is not null) as rendering_failures,
        count_if(not is_simulator and delays > 0) as delayed,
        count_if(not is_simulator and is_trackable_delivered) as trackable_delivered,
        count_if(not is_simulator and is_trackable_delivered and opens > 0) as unique_opens,
        count_if(not is_simulator and is_trackable_delivered and human_opens > 0) as unique_human_opens,
        coalesce(cast(sum(case when not is_simulator and is_trackable_delivered then opens end) as bigint), 0)
            as total_opens,
        coalesce(cast(sum(case when not is_simulator and is_trackable_delivered then human_opens end) as bigint), 0)
            as total_human_opens,
        count_if(not is_simulator and is_trackable_delivered and clicks > 0) as unique_clicks,
        count_if(not is_simulator and is_trackable_delivered and human_clicks > 0) as unique_human_clicks,
        coalesce(cast(sum(case when not is_simulator and is_trackable_delivered then clicks end) as bigint), 0)
            as total_clicks,
        coalesce(cast(sum(case when not is_simulator and is_trackable_delivered then human_clicks end) as bigint), 0)
            as total_human_clicks,
        count_if(not is_simulator and unsubscribed_at is not null) as unsubscribes,
        count_if(not is_simulator and is_delivered_inferred) as delivered_inferred,
        count_if(not is_simulator and is_sent and is_volume_observed) as volume_sent,
        count_if(not is_simulator and bounce_kind = 'hard' and is_volume_observed) as volume_hard_bounces,
        count_if(not is_simulator and bounce_kind = 'soft' and is_volume_observed) as volume_soft_bounces,
        count_if(not is_simulator and bounce_kind = 'undetermined' and is_volume_observed)
            as volume_undetermined_bounces,
        count_if(not is_simulator and bounce_kind = 'soft' and not is_delivered and is_volume_observed)
            as soft_never_delivered,
        count_if(not is_simulator and is_sent and is_delivery_observed) as observed_sent,
        count_if(not is_simulator and is_delivered and is_delivery_observed) as observed_delivered,
        count_if(not is_simulator and is_presumed_delivered and is_trackable and is_open_tracked) as open_trackable,
        count_if(not is_simulator and is_presumed_delivered and is_trackable and is_click_tracked) as click_trackable,
        count_if(not is_simulator and is_trackable_delivered and hidden_opens > 0 and human_opens = 0) as hidden_opens,
        count_if(not is_simulator and is_presumed_delivered and is_unsubscribe_observed) as unsubscribe_delivered,
        count_if(not is_simulator and delays > 0 and is_delivered) as delayed_delivered,
        count_if(not is_simulator and delays > 0 and bounce_kind is not null and not is_delivered) as delayed_bounced,
        count_if(is_simulator) as simulator_messages
    from outcomes
    group by campaign_id, campaign_activity_id, treatment_id
),

final as (
    select
        campaign_id, campaign_activity_id, treatment_id, first_send_date, last_send_date, sent, sends_without_event,
        delivered, hard_bounces, soft_bounces, undetermined_bounces, suppressed_bounces, reputation_sent,
        reputation_hard_bounces, complaints, feedback_delivered, feedback_complaints, rejected, rendering_failures,
        delayed, trackable_delivered, unique_opens, unique_human_opens, total_opens, total_human_opens, unique_clicks,
        unique_human_clicks, total_clicks, total_human_clicks, unsubscribes, delivered_inferred, volume_sent,
        volume_hard_bounces, volume_soft_bounces, volume_undetermined_bounces, soft_never_delivered, observed_sent,
        observed_delivered, open_trackable, click_trackable, hidden_opens, unsubscribe_delivered, delayed_delivered,
        delayed_bounced, simulator_messages,
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
        last_send_date + attribution_days * interval '1' day < current_date as is_mature
    from sums
    cross join settings
)

select * from final
