/*
The table recipient_messages as cohort marts read it: with mailbox provider, and with what counts as sent, delivered,
bounced and observable decided once. Whether an event type is published is what recipient_messages found in the data,
unless seed published_events says otherwise; where neither does (partitions of before), it is. One row per message and
recipient.

clock: cohort
grain: message_id, recipient_key
columns:
    message_id … bounced_at = recipient_messages
    bounce_kind                  varchar      `hard`, `soft` or `undetermined`: the gravest bounce; NULL where the mail
                                              was suppressed, which is no bounce.
    bounce_sub_type … as_of = recipient_messages
    suppressed_at                timestamp(3) When it was stopped before any attempt.
    suppressed_by … mailbox_host = recipient_messages
    dt                           varchar      The UTC day of sent_at, as partitioned: filter on it to read few files.
    send_date                    date         The same day as a date.
    mailbox_provider             varchar      Who runs the mailbox (seed mailbox_providers); `other` if unknown.
    has_complaint_feedback       boolean      That provider tells senders of complaints.
    is_simulator                 boolean      A test address of the SES mailbox simulator: counted apart, left out of
                                              everything else.
    is_sent                      boolean      Has a send event, or a later event that proves the sending (delivery,
                                              bounce, delay, complaint, open, click, unsubscribe). A rejection or a
                                              rendering failure alone proves none.
    is_delivered                 boolean      Has a delivery, or an open, click, complaint or unsubscribe that proves
                                              one, and no hard bounce: those may come after a delivery, in any order.
    is_trackable_delivered       boolean      Delivered, the only recipient of its message, and opens or clicks of mail
                                              like this are tracked: they are seen, and theirs.
    is_suppressed                boolean      Stopped by a suppression list or the like before any attempt (seed
                                              bounce_sub_types, `not_tried`): neither a bounce nor a complaint, and not
                                              held against the reputation.
    is_delivered_inferred        boolean      Delivered, without a delivery event: proved by what the recipient did.
    delivery_proved_at           timestamp(3) delivered_at, or of an inferred delivery the first that proves it.
    is_bad_address               boolean      A hard bounce about the address: its sub-type says so (seed
                                              bounce_sub_types), or its status is about the address or mailbox.
    is_tried                     boolean      Sent out, as far as its bounce tells: false if any suppression list, the
                                              mail service's own too, stopped it.
    is_volume_observed           boolean      Send or Delivery events are published for mail like this, so that it is
                                              known how much was sent. Bounces alone give counts and no rates.
    is_delivery_observed         boolean      Delivery events are published for mail like this.
    is_open_tracked              boolean      Open events are published for mail like this.
    is_click_tracked             boolean      Click events are published for mail like this.
    is_unsubscribe_observed      boolean      Unsubscribes are published for mail like this.
    is_presumed_delivered        boolean      Delivered; or where Delivery events are not published but the volume is
                                              known, sent and not bounced: what rates of what recipients do are of.
    is_complaint_observed        boolean      The provider tells of complaints, and complaints of mail like this are
                                              published (or its deliveries are).
    tenant … dimension_5 = recipient_messages
*/
with exact_providers as (
    select
        domain,
        provider as exact_provider,
        has_complaint_feedback as has_exact_feedback
    from seed_mailbox_providers
    where domain is not null
),

pattern_providers as (
    select
        label_prefix,
        provider as pattern_provider,
        has_complaint_feedback as has_pattern_feedback
    from seed_mailbox_providers
    where label_prefix is not null
),

sub_types as (
    select
        bounce_type,
        bounce_sub_type as listed_sub_type,
        is_tried as is_type_tried,
        is_counted,
        is_bad_address as is_type_bad_address
    from seed_bounce_sub_types
),

messages as (
    select
        recipient_messages.*,
        exact_providers.*,
        pattern_providers.*,
        sub_types.*,
        coalesce(of_scope.has_sends, of_all.has_sends, is_send_published, true) as is_send_observed,
        coalesce(of_scope.has_deliveries, of_all.has_deliveries, is_delivery_published, true) as is_delivery_observed,
        coalesce(of_scope.has_opens, of_all.has_opens, is_open_published, true) as is_open_tracked,
        coalesce(of_scope.has_clicks, of_all.has_clicks, is_click_published, true) as is_click_tracked,
        coalesce(
            of_scope.has_unsubscribes, of_all.has_unsubscribes, is_unsubscribe_published, true
        ) as is_unsubscribe_observed,
        coalesce(of_scope.has_complaints, of_all.has_complaints, is_complaint_published, true) as has_complaint_events,
        suppressed_at is not null or not coalesce(is_counted, true) as is_suppressed,
        opens > 0 or clicks > 0 or complained_at is not null or unsubscribed_at is not null as has_reaction
    from recipient_messages
    left join exact_providers on recipient_messages.recipient_domain = exact_providers.domain
    left join pattern_providers
        -- The name under com, net or a country's suffix, but not under one that is sold to everybody: yahoo.de and
        -- yahoo.co.uk, not yahoo.example.com, yahoo.tv. Most domains are known as they are, and need no pattern.
        on pattern_providers.label_prefix = case
            when exact_providers.domain is null
            and regexp_like(
                recipient_messages.recipient_domain,
                '^[^.]+[.](com|net|((com?|net|org|ne|or)[.])?[a-z][a-z])$'
            )
            and not regexp_like(
                recipient_messages.recipient_domain,
                '^[^.]+.([acv]c|ai|co|fm|g[gl]|i[mos]|l[ay]|me|s[hot]|t[ov]|ws)$'
            )
                then substr(
                    recipient_messages.recipient_domain,
                    1,
                    strpos(recipient_messages.recipient_domain, '.') - 1
                )
        end
    left join sub_types
        on sub_types.bounce_type = case recipient_messages.bounce_kind
            when 'hard' then 'Permanent'
            when 'soft' then 'Transient'
            when 'undetermined' then 'Undetermined'
        end
        and sub_types.listed_sub_type = recipient_messages.bounce_sub_type
    left join seed_published_events as of_scope
        on of_scope.scope = coalesce(
            recipient_messages.configuration_set, recipient_messages.sending_identity, recipient_messages.application_id
        )
    left join seed_published_events as of_all on of_all.scope = '*'
),

judged as (
    select
        messages.*,
        case when not is_suppressed then bounce_kind end as kind_of_bounce,
        is_send_observed or is_delivery_observed as is_volume_observed,
        has_send_event
        or delivered_at is not null
        or bounce_kind is not null
        or delays > 0
        or is_suppressed
        or has_reaction as is_sent,
        (delivered_at is not null or has_reaction)
        and not is_suppressed
        and coalesce(bounce_kind, '') <> 'hard' as is_delivered
    from messages
),

presumed as (
    select
        judged.*,
        is_volume_observed
        and (is_delivered or (not is_delivery_observed and is_sent and not is_suppressed and bounce_kind is null))
            as is_presumed_delivered,
        coalesce(has_exact_feedback, has_pattern_feedback, false) as has_complaint_feedback
    from judged
),

final as (
    select
        message_id, recipient_key, recipient_domain, source, recipient_count, from_address, from_domain, subject,
        account_id, region, sending_identity, application_id, configuration_set, campaign_id, campaign_activity_id,
        treatment_id, journey_id, journey_run_id, journey_activity_id, outgoing_ip, sent_at, has_send_event,
        delivered_at, bounced_at,
        kind_of_bounce as bounce_kind,
        bounce_sub_type, smtp_status, diagnostic_code, complained_at, rejected_at, rendering_failed_at, first_opened_at,
        last_opened_at, first_human_opened_at, first_clicked_at, last_clicked_at, first_human_clicked_at, opens,
        human_opens, clicks, human_clicks, unsubscribed_at, delays, processing_time_ms, last_status, is_trackable,
        as_of,
        case when is_suppressed then coalesce(suppressed_at, bounced_at) end as suppressed_at,
        case when is_suppressed then coalesce(suppressed_by, bounce_sub_type) end as suppressed_by,
        coalesce(hidden_opens, 0) as hidden_opens,
        -- Partitions of before don't tell a machine's.
        case when is_unsubscribe_published is null then unsubscribed_at else human_unsubscribed_at end
            as human_unsubscribed_at,
        mailbox_host, dt,
        from_iso8601_date(dt) as send_date,
        coalesce(exact_provider, pattern_provider, 'other') as mailbox_provider,
        has_complaint_feedback,
        coalesce(recipient_domain = 'simulator.amazonses.com', false) as is_simulator,
        is_sent, is_delivered,
        is_delivered and is_trackable and (is_open_tracked or is_click_tracked) as is_trackable_delivered,
        is_suppressed,
        is_delivered and delivered_at is null as is_delivered_inferred,
        case
            when is_delivered
                then coalesce(
                    delivered_at,
                    array_min(
                        filter(
                            array[first_opened_at, first_clicked_at, complained_at, unsubscribed_at],
                            instant -> instant is not null
                        )
                    )
                )
        end as delivery_proved_at,
        coalesce(
            kind_of_bounce = 'hard'
            and coalesce(is_type_tried, true)
            and (
                is_type_bad_address
                -- Without a status too; of 1.x not the sender's address, of 2.x not the size, of 4.x no server, no
                -- mailbox.
                or regexp_like(
                    coalesce(smtp_status, '5.0.0'),
                    '^[0-9][.](0[.]|1[.]([0-69]|[0-9]{2,})$|2[.]([0-24-9]|[0-9]{2,})$|4[.][14]$)'
                )
            ),
            false
        ) as is_bad_address,
        not is_suppressed and coalesce(is_type_tried, true) as is_tried,
        is_volume_observed, is_delivery_observed, is_open_tracked, is_click_tracked, is_unsubscribe_observed,
        is_presumed_delivered,
        has_complaint_feedback and (is_delivery_observed or has_complaint_events) as is_complaint_observed,
        tenant, dimension_1, dimension_2, dimension_3, dimension_4, dimension_5
    from presumed
)

select * from final
