/*
The facts as they were some hours after each mail's sending, so that a young day can be compared with an older one;
without totals, and a mail counts with the gravest of its bounces if that one came by then. Ask for one horizon, as each
has all mail. One row per send date, horizon, provider, from domain, configuration set, campaign, treatment and journey.

clock: cohort
grain: send_date, mailbox_provider, from_domain, configuration_set, campaign_id, treatment_id, journey_id, horizon_hours
columns:
    send_date … journey_id = deliverability_facts
    horizon_hours           integer Hours after the sending: 24, 72, 168.
    is_horizon_over         boolean So many hours are over for all mail of the day. Events that arrive later than that
                                    may still add a few.
    sent, delivered … undetermined_bounces, reputation_sent, reputation_hard_bounces = deliverability_facts
    feedback_delivered, feedback_complaints, trackable_delivered … unique_human_opens = deliverability_facts
    unique_clicks, unique_human_clicks, unsubscribes, volume_sent … unsubscribe_delivered = deliverability_facts
*/
with horizons as (
    select *
    from (values (24, 1), (72, 3), (168, 7)) as listed (horizon_hours, horizon_days)
),

outcomes as (
    select *
    from message_outcomes
),

aged as (
    select
        *,
        sent_at + horizon_hours * interval '1' hour as ends_at
    from outcomes
    cross join horizons
),

seen as (
    select
        *,
        case when bounced_at <= ends_at then bounce_kind end as bounce_kind_by_then,
        coalesce(suppressed_at <= ends_at, false) as is_suppressed_by_then
    from aged
),

-- The counts of deliverability_facts, each with the time of what it counts: a test compares the two.
delivered as (
    select
        *,
        coalesce(
            coalesce(delivery_proved_at, delivered_at) <= ends_at and coalesce(bounce_kind_by_then, '') <> 'hard',
            false
        ) as is_delivered_by_then
    from seen
    where not is_simulator
),

reached as (
    select
        *,
        is_delivered_by_then
        and is_trackable
        and (is_open_tracked or is_click_tracked) as is_trackable_by_then,
        is_volume_observed
        and (
            is_delivered_by_then
            or (not is_delivery_observed and is_sent and not is_suppressed_by_then and bounce_kind_by_then is null)
        ) as is_presumed_by_then
    from delivered
),

final as (
    select
        send_date, dt, mailbox_provider, from_domain, configuration_set, campaign_id, treatment_id, journey_id,
        horizon_hours,
        send_date + (horizon_days + 1) * interval '1' day <= current_date as is_horizon_over,
        count_if(is_sent) as sent,
        count_if(is_delivered_by_then) as delivered,
        count_if(bounce_kind_by_then = 'hard') as hard_bounces,
        count_if(bounce_kind_by_then = 'soft') as soft_bounces,
        count_if(bounce_kind_by_then = 'undetermined') as undetermined_bounces,
        count_if(is_sent and not is_suppressed_by_then and is_volume_observed) as reputation_sent,
        count_if(bounce_kind_by_then = 'hard' and is_volume_observed) as reputation_hard_bounces,
        count_if(is_presumed_by_then and is_complaint_observed) as feedback_delivered,
        count_if(is_presumed_by_then and is_complaint_observed and complained_at <= ends_at) as feedback_complaints,
        count_if(is_trackable_by_then) as trackable_delivered,
        count_if(is_trackable_by_then and first_opened_at <= ends_at) as unique_opens,
        count_if(is_trackable_by_then and first_human_opened_at <= ends_at) as unique_human_opens,
        count_if(is_trackable_by_then and first_clicked_at <= ends_at) as unique_clicks,
        count_if(is_trackable_by_then and first_human_clicked_at <= ends_at) as unique_human_clicks,
        count_if(unsubscribed_at <= ends_at) as unsubscribes,
        count_if(is_sent and is_volume_observed) as volume_sent,
        count_if(bounce_kind_by_then = 'hard' and is_volume_observed) as volume_hard_bounces,
        count_if(bounce_kind_by_then = 'soft' and is_volume_observed) as volume_soft_bounces,
        count_if(bounce_kind_by_then = 'undetermined' and is_volume_observed) as volume_undetermined_bounces,
        count_if(
            bounce_kind_by_then = 'soft' and not is_delivered_by_then and is_volume_observed
        ) as soft_never_delivered,
        count_if(is_sent and is_delivery_observed) as observed_sent,
        count_if(is_delivered_by_then and is_delivery_observed) as observed_delivered,
        count_if(is_presumed_by_then and is_trackable and is_open_tracked) as open_trackable,
        count_if(is_presumed_by_then and is_trackable and is_click_tracked) as click_trackable,
        count_if(
            is_trackable_by_then
            and hidden_opens > 0
            and first_opened_at <= ends_at
            and coalesce(first_human_opened_at > ends_at, true)
        ) as hidden_opens,
        count_if(is_presumed_by_then and is_unsubscribe_observed) as unsubscribe_delivered
    from reached
    group by
        send_date, dt, mailbox_provider, from_domain, configuration_set, campaign_id, treatment_id, journey_id,
        horizon_hours, horizon_days
)

select * from final
