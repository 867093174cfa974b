/*
Counts, all of them additive, over every dimension: filter by any of them, sum, and divide last. One row per send date,
provider, from domain, configuration set, campaign, treatment, journey, tenant and dimensions.

clock: cohort
grain: send_date, mailbox_provider, from_domain, configuration_set, campaign_id, treatment_id, journey_id
grain: tenant, dimension_1, dimension_2, dimension_3, dimension_4, dimension_5
generated: npm run sql, from functions/lake/sql/marts; change it there, as this file is overwritten
columns:
    send_date                   date    The UTC day of sending.
    dt                          varchar The same day as text, as partitioned: filter on it to read few files.
    mailbox_provider            varchar = message_outcomes
    from_domain, configuration_set, campaign_id, treatment_id, journey_id, tenant, dimension_1 = recipient_messages
    dimension_2, dimension_3, dimension_4, dimension_5 = recipient_messages
    sent                        bigint  Recipient-messages sent, those to simulator addresses left out, as from all
                                        counts but the last.
    sends_without_event         bigint  Of sent: proved by a later event only. Many of them mean that sends are not
                                        published.
    delivered                   bigint  Recipient-messages with a delivery, or proved delivered by what the recipient
                                        did, and without a hard bounce.
    hard_bounces                bigint  Recipient-messages whose gravest bounce is hard. Suppressed ones are no bounces.
    soft_bounces                bigint  Recipient-messages whose gravest bounce is soft. Automatic replies (out of
                                        office) look the same, so that a mail may be delivered, too.
    undetermined_bounces        bigint  Recipient-messages whose gravest bounce is undetermined.
    suppressed_bounces          bigint  Recipient-messages that were never sent out, as a suppression list or the like
                                        stopped them: neither bounces nor complaints.
    reputation_sent             bigint  Sent, without the suppressed, where the volume is published: what
                                        reputation_bounce_rate is of.
    reputation_hard_bounces     bigint  Of reputation_sent: bounced hard.
    complaints                  bigint  Recipient-messages with a complaint.
    feedback_delivered          bigint  Delivered (presumed so where Delivery events are not published) to providers
                                        that tell senders of complaints, where complaints can be seen.
    feedback_complaints         bigint  Of feedback_delivered: complained.
    rejected                    bigint  Recipient-messages that the service rejected.
    rendering_failures          bigint  Recipient-messages whose template failed to render.
    delayed                     bigint  Recipient-messages with a delivery delay, whatever became of them.
    trackable_delivered         bigint  Of delivered: the only recipient of the message, with opens or clicks tracked.
                                        Unique and total opens and clicks are of these.
    unique_opens                bigint  Recipient-messages opened, by anyone or anything.
    unique_human_opens          bigint  Recipient-messages with an open not labelled machine.
    total_opens                 bigint  Open events.
    total_human_opens           bigint  Open events not labelled machine.
    unique_clicks               bigint  Recipient-messages clicked, by anyone or anything.
    unique_human_clicks         bigint  Recipient-messages with a click not labelled machine.
    total_clicks                bigint  Click events.
    total_human_clicks          bigint  Click events not labelled machine.
    unsubscribes                bigint  Recipient-messages with an unsubscribe, by link, header or preference page.
    delivered_inferred          bigint  Of delivered: without a delivery event, proved by an open, click, complaint or
                                        unsubscribe.
    volume_sent                 bigint  Of sent: where Send or Delivery events are published, so that it is known how
                                        much was sent. What bounce rates are of.
    volume_hard_bounces         bigint  Of volume_sent: bounced hard.
    volume_soft_bounces         bigint  Of volume_sent: bounced softly.
    volume_undetermined_bounces bigint  Of volume_sent: with an undetermined bounce.
    soft_never_delivered        bigint  Of volume_soft_bounces: never delivered, so that it was no automatic reply.
    observed_sent               bigint  Of sent: where Delivery events are published. What delivery_rate is of.
    observed_delivered          bigint  Of observed_sent: delivered.
    open_trackable              bigint  Delivered (presumed so where Delivery events are not published) to one
                                        recipient, with opens tracked: what open rates are of.
    click_trackable             bigint  Delivered (presumed so where Delivery events are not published) to one
                                        recipient, with clicks tracked: what click rates are of.
    hidden_opens                bigint  Of unique_opens: opened only by a proxy that opens all mail of the people behind
                                        it (Apple), so that nobody can tell whether a person did.
    unsubscribe_delivered       bigint  Delivered (presumed so where Delivery events are not published), where
                                        unsubscribes can be seen: what unsubscribe_rate is of.
    delayed_delivered           bigint  Of delayed: delivered all the same. What else was delivered was so at the first
                                        attempt, where DeliveryDelay events are published.
    delayed_bounced             bigint  Of delayed: never delivered and bounced, of whatever kind. The rest of delayed
                                        is still under way, or suppressed.
    simulator_messages          bigint  Recipient-messages to simulator addresses, which no other count includes.
    is_mature                   boolean The attribution window is over (seed settings, attribution_days), and a day for
                                        late arrivals: the numbers are final.
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
        send_date, dt, mailbox_provider, from_domain, configuration_set, campaign_id, treatment_id, journey_id, tenant,
        dimension_1, dimension_2, dimension_3, dimension_4, dimension_5,
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
    group by
        send_date, dt, mailbox_provider, from_domain, configuration_set, campaign_id, treatment_id, journey_id, tenant,
        dimension_1, dimension_2, dimension_3, dimension_4, dimension_5
),

final as (
    select
        send_date, dt, mailbox_provider, from_domain, configuration_set, campaign_id, treatment_id, journey_id, tenant,
        dimension_1, dimension_2, dimension_3, dimension_4, dimension_5, sent, sends_without_event, delivered,
        hard_bounces, soft_bounces, undetermined_bounces, suppressed_bounces, reputation_sent, reputation_hard_bounces,
        complaints, feedback_delivered, feedback_complaints, rejected, rendering_failures, delayed, trackable_delivered,
        unique_opens, unique_human_opens, total_opens, total_human_opens, unique_clicks, unique_human_clicks,
        total_clicks, total_human_clicks, unsubscribes, delivered_inferred, volume_sent, volume_hard_bounces,
        volume_soft_bounces, volume_undetermined_bounces, soft_never_delivered, observed_sent, observed_delivered,
        open_trackable, click_trackable, hidden_opens, unsubscribe_delivered, delayed_delivered, delayed_bounced,
        simulator_messages,
        send_date + attribution_days * interval '1' day < current_date as is_mature
    from counts
    cross join settings
)

select * from final
