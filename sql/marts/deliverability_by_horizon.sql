/*
The facts as they were some hours after each mail's sending, so that a young day can be compared with an older one;
without totals, and a mail counts with the gravest of its bounces if that one came by then. Ask for one horizon, as each
has all mail. One row per send date, horizon, provider, from domain, configuration set, campaign, treatment and journey.

clock: cohort
grain: send_date, mailbox_provider, from_domain, configuration_set, campaign_id, treatment_id, journey_id, horizon_hours
columns:
    send_date               date    = deliverability_facts
    dt                      varchar = deliverability_facts
    mailbox_provider        varchar = deliverability_facts
    from_domain             varchar = deliverability_facts
    configuration_set       varchar = deliverability_facts
    campaign_id             varchar = deliverability_facts
    treatment_id            varchar = deliverability_facts
    journey_id              varchar = deliverability_facts
    horizon_hours           integer Hours after the sending: 24, 72, 168.
    is_horizon_over         boolean So many hours are over for all mail of the day, and a day for late arrivals: the
                                    numbers are final.
    sent                    bigint  = deliverability_facts
    delivered               bigint  = deliverability_facts
    hard_bounces            bigint  = deliverability_facts
    soft_bounces            bigint  = deliverability_facts
    undetermined_bounces    bigint  = deliverability_facts
    reputation_sent         bigint  = deliverability_facts
    reputation_hard_bounces bigint  = deliverability_facts
    feedback_delivered      bigint  = deliverability_facts
    feedback_complaints     bigint  = deliverability_facts
    trackable_delivered     bigint  = deliverability_facts
    unique_opens            bigint  = deliverability_facts
    unique_human_opens      bigint  = deliverability_facts
    unique_clicks           bigint  = deliverability_facts
    unique_human_clicks     bigint  = deliverability_facts
    unsubscribes            bigint  = deliverability_facts
*/
with horizons as (
    select
        horizon_hours,
        horizon_days
    from (
        values
            (24, 1),
            (72, 3),
            (168, 7)
    ) as listed (horizon_hours, horizon_days)
),

outcomes as (
    select
        send_date,
        dt,
        mailbox_provider,
        from_domain,
        configuration_set,
        campaign_id,
        treatment_id,
        journey_id,
        is_simulator,
        is_sent,
        bounce_kind,
        is_suppressed,
        has_complaint_feedback,
        complained_at,
        unsubscribed_at,
        sent_at,
        delivered_at,
        is_trackable,
        bounced_at,
        first_opened_at,
        first_human_opened_at,
        first_clicked_at,
        first_human_clicked_at
    from message_outcomes
),

aged as (
    select
        send_date,
        dt,
        mailbox_provider,
        from_domain,
        configuration_set,
        campaign_id,
        treatment_id,
        journey_id,
        horizon_hours,
        horizon_days,
        is_simulator,
        is_sent,
        bounce_kind,
        is_suppressed,
        has_complaint_feedback,
        complained_at,
        unsubscribed_at,
        sent_at,
        delivered_at,
        is_trackable,
        bounced_at,
        first_opened_at,
        first_human_opened_at,
        first_clicked_at,
        first_human_clicked_at,
        sent_at + horizon_hours * interval '1' hour as ends_at
    from outcomes
    cross join horizons
),

seen as (
    select
        send_date,
        dt,
        mailbox_provider,
        from_domain,
        configuration_set,
        campaign_id,
        treatment_id,
        journey_id,
        horizon_hours,
        horizon_days,
        is_simulator,
        is_sent,
        coalesce(
            delivered_at <= ends_at and (bounce_kind is null or bounce_kind <> 'hard' or bounced_at > ends_at),
            false
        ) as is_delivered,
        case when bounced_at <= ends_at then bounce_kind end as bounce_kind,
        is_suppressed and bounced_at <= ends_at as is_suppressed,
        has_complaint_feedback,
        case when complained_at <= ends_at then complained_at end as complained_at,
        coalesce(
            is_trackable
            and delivered_at <= ends_at
            and (bounce_kind is null or bounce_kind <> 'hard' or bounced_at > ends_at),
            false
        ) as is_trackable_delivered,
        case when first_opened_at <= ends_at then 1 else 0 end as opens,
        case when first_human_opened_at <= ends_at then 1 else 0 end as human_opens,
        case when first_clicked_at <= ends_at then 1 else 0 end as clicks,
        case when first_human_clicked_at <= ends_at then 1 else 0 end as human_clicks,
        case when unsubscribed_at <= ends_at then unsubscribed_at end as unsubscribed_at
    from aged
),

final as (
    select
        send_date,
        dt,
        mailbox_provider,
        from_domain,
        configuration_set,
        campaign_id,
        treatment_id,
        journey_id,
        horizon_hours,
        send_date + (horizon_days + 1) * interval '1' day < current_date as is_horizon_over,
        count_if(not is_simulator and is_sent) as sent,
        count_if(not is_simulator and is_delivered) as delivered,
        count_if(not is_simulator and bounce_kind = 'hard') as hard_bounces,
        count_if(not is_simulator and bounce_kind = 'soft') as soft_bounces,
        count_if(not is_simulator and bounce_kind = 'undetermined') as undetermined_bounces,
        count_if(not is_simulator and is_sent and not is_suppressed) as reputation_sent,
        count_if(not is_simulator and bounce_kind = 'hard' and not is_suppressed) as reputation_hard_bounces,
        count_if(not is_simulator and is_delivered and has_complaint_feedback) as feedback_delivered,
        count_if(
            not is_simulator
            and is_delivered
            and has_complaint_feedback
            and complained_at is not null
        ) as feedback_complaints,
        count_if(not is_simulator and is_trackable_delivered) as trackable_delivered,
        count_if(not is_simulator and is_trackable_delivered and opens > 0) as unique_opens,
        count_if(not is_simulator and is_trackable_delivered and human_opens > 0) as unique_human_opens,
        count_if(not is_simulator and is_trackable_delivered and clicks > 0) as unique_clicks,
        count_if(not is_simulator and is_trackable_delivered and human_clicks > 0) as unique_human_clicks,
        count_if(not is_simulator and unsubscribed_at is not null) as unsubscribes
    from seen
    group by
        send_date,
        dt,
        mailbox_provider,
        from_domain,
        configuration_set,
        campaign_id,
        treatment_id,
        journey_id,
        horizon_hours,
        horizon_days
)

select * from final
