/*
Counts, all of them additive, over every dimension: filter by any of them, sum, and divide last. One row per send date,
provider, from domain, configuration set, campaign, treatment and journey.

clock: cohort
grain: send_date, mailbox_provider, from_domain, configuration_set, campaign_id, treatment_id, journey_id
generated: npm run sql, from functions/lake/sql/marts; change it there, as this file is overwritten
columns:
    send_date               date    The UTC day of sending.
    dt                      varchar The same day as text, as partitioned: filter on it to read few files.
    mailbox_provider        varchar = message_outcomes
    from_domain             varchar = recipient_messages
    configuration_set       varchar = recipient_messages
    campaign_id             varchar = recipient_messages
    treatment_id            varchar = recipient_messages
    journey_id              varchar = recipient_messages
    sent                    bigint  Recipient-messages sent, those to simulator addresses left out, as from all counts
                                    but the last.
    sends_without_event     bigint  Of sent: proved by a later event only. Many of them mean that sends are not
                                    published.
    delivered               bigint  Recipient-messages with a delivery and without a hard bounce.
    hard_bounces            bigint  Recipient-messages whose gravest bounce is hard; suppressed ones included.
    soft_bounces            bigint  Recipient-messages whose gravest bounce is soft. Automatic replies (out of office)
                                    look the same, so that a mail may be delivered, too.
    undetermined_bounces    bigint  Recipient-messages whose gravest bounce is undetermined.
    suppressed_bounces      bigint  Of hard_bounces: stopped by the account suppression list (OnAccountSuppressionList).
    reputation_sent         bigint  Sent, without the suppressed: what reputation_bounce_rate is of.
    reputation_hard_bounces bigint  Hard bounces, without the suppressed.
    complaints              bigint  Recipient-messages with a complaint.
    feedback_delivered      bigint  Delivered to providers that tell senders of complaints.
    feedback_complaints     bigint  Of feedback_delivered: complained.
    rejected                bigint  Recipient-messages that the service rejected.
    rendering_failures      bigint  Recipient-messages whose template failed to render.
    delayed                 bigint  Recipient-messages with a delivery delay, whatever became of them.
    trackable_delivered     bigint  Of delivered: the only recipient of the message. Unique and total opens and clicks
                                    are of these.
    unique_opens            bigint  Recipient-messages opened, by anyone or anything.
    unique_human_opens      bigint  Recipient-messages with an open not labelled machine.
    total_opens             bigint  Open events.
    total_human_opens       bigint  Open events not labelled machine.
    unique_clicks           bigint  Recipient-messages clicked, by anyone or anything.
    unique_human_clicks     bigint  Recipient-messages with a click not labelled machine.
    total_clicks            bigint  Click events.
    total_human_clicks      bigint  Click events not labelled machine.
    unsubscribes            bigint  Recipient-messages with an unsubscribe, by link, header or preference page.
    simulator_messages      bigint  Recipient-messages to simulator addresses, which no other count includes.
    is_mature               boolean The attribution window is over (seed settings, attribution_days), and a day for late
                                    arrivals: the numbers are final.
*/
with outcomes as (
    select *
    from message_outcomes
),

settings as (
    select cast(value as integer) as attribution_days
    from seed_settings
    where name = 'attribution_days'
),

counts as (
    select
        send_date,
        dt,
        mailbox_provider,
        from_domain,
        configuration_set,
        campaign_id,
        treatment_id,
        journey_id,
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
    group by send_date, dt, mailbox_provider, from_domain, configuration_set, campaign_id, treatment_id, journey_id
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
        send_date + attribution_days * interval '1' day < current_date as is_mature
    from counts
    cross join settings
)

select * from final
