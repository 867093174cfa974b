/*
The table recipient_messages as cohort marts read it: with mailbox provider, and with what counts as sent and as
delivered decided once. One row per message and recipient.

clock: cohort
grain: message_id, recipient_key
columns:
    message_id … as_of = recipient_messages
    dt                           varchar      The UTC day of sent_at, as partitioned: filter on it to read few files.
    send_date                    date         The same day as a date.
    mailbox_provider             varchar      Who runs the mailbox (seed mailbox_providers); `other` if unknown.
    has_complaint_feedback       boolean      That provider tells senders of complaints.
    is_simulator                 boolean      A test address of the SES mailbox simulator: counted apart, left out of
                                              everything else.
    is_sent                      boolean      Has a send event, or a later event that proves the sending (delivery,
                                              bounce, delay, complaint, open, click, unsubscribe). A rejection or a
                                              rendering failure alone proves none.
    is_delivered                 boolean      Has a delivery and no hard bounce: those may come after a delivery, in
                                              any order.
    is_trackable_delivered       boolean      Delivered, and the only recipient of its message: opens and clicks are
                                              theirs.
    is_suppressed                boolean      Hard bounce of the account suppression list: never sent out, and not
                                              held against the reputation.
*/
with exact_providers as (
    select *
    from seed_mailbox_providers
    where domain is not null
),

pattern_providers as (
    select *
    from seed_mailbox_providers
    where label_prefix is not null
),

final as (
    select
        messages.message_id,
        messages.recipient_key,
        messages.recipient_domain,
        messages.source,
        messages.recipient_count,
        messages.from_address,
        messages.from_domain,
        messages.subject,
        messages.account_id,
        messages.region,
        messages.sending_identity,
        messages.application_id,
        messages.configuration_set,
        messages.campaign_id,
        messages.campaign_activity_id,
        messages.treatment_id,
        messages.journey_id,
        messages.journey_run_id,
        messages.journey_activity_id,
        messages.outgoing_ip,
        messages.sent_at,
        messages.has_send_event,
        messages.delivered_at,
        messages.bounced_at,
        messages.bounce_kind,
        messages.bounce_sub_type,
        messages.smtp_status,
        messages.diagnostic_code,
        messages.complained_at,
        messages.rejected_at,
        messages.rendering_failed_at,
        messages.first_opened_at,
        messages.last_opened_at,
        messages.first_human_opened_at,
        messages.first_clicked_at,
        messages.last_clicked_at,
        messages.first_human_clicked_at,
        messages.opens,
        messages.human_opens,
        messages.clicks,
        messages.human_clicks,
        messages.unsubscribed_at,
        messages.delays,
        messages.processing_time_ms,
        messages.last_status,
        messages.is_trackable,
        messages.as_of,
        messages.dt,
        from_iso8601_date(messages.dt) as send_date,
        coalesce(exact_providers.provider, pattern_providers.provider, 'other') as mailbox_provider,
        coalesce(
            exact_providers.has_complaint_feedback,
            pattern_providers.has_complaint_feedback,
            false
        ) as has_complaint_feedback,
        coalesce(messages.recipient_domain = 'simulator.amazonses.com', false) as is_simulator,
        messages.has_send_event
        or messages.delivered_at is not null
        or messages.bounce_kind is not null
        or messages.delays > 0
        or messages.complained_at is not null
        or messages.opens > 0
        or messages.clicks > 0
        or messages.unsubscribed_at is not null as is_sent,
        messages.delivered_at is not null and coalesce(messages.bounce_kind, '') <> 'hard' as is_delivered,
        messages.delivered_at is not null
        and coalesce(messages.bounce_kind, '') <> 'hard'
        and messages.is_trackable as is_trackable_delivered,
        coalesce(
            messages.bounce_kind = 'hard' and messages.bounce_sub_type = 'OnAccountSuppressionList',
            false
        ) as is_suppressed
    from recipient_messages as messages
    left join exact_providers on messages.recipient_domain = exact_providers.domain
    left join pattern_providers
        -- The name under a public suffix: yahoo.de and yahoo.co.uk, but not yahoo.example.com.
        on pattern_providers.label_prefix = case
            when regexp_like(messages.recipient_domain, '^[^.]+[.]((com?|net|org|ne|or)[.])?[a-z]+$')
                then substr(messages.recipient_domain, 1, strpos(messages.recipient_domain, '.') - 1)
        end
)

select * from final
