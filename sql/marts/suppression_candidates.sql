/*
Who should get no more mail, why, and since when. A hard bounce counts against an address only if it is about the
address or its mailbox (not about the sender, policy, content, size or the network) and nothing was delivered to it
later; soft bounces count only if many came in a row over some time (seed settings). People who unsubscribed are here
for all kinds of mail: receipts may still go to them, and only the contact list knows who has subscribed again. What a
machine did (a scanner that follows every link of a mail) makes no person a candidate. One row per recipient.

clock: cohort
grain: recipient_key
columns:
    recipient_key, recipient_domain = recipient_messages
    mailbox_provider       varchar      = message_outcomes
    suppression_reason     varchar      The gravest: `complaint`, `hard_bounce`, `suppressed` (on a suppression list
                                        already, and still being written to), `unsubscribe` or `soft_bounces`.
    what_to_do             varchar      What it asks for, in words.
    suppress_since_date    date         The UTC day since which it holds.
    sends_since            bigint       Recipient-messages sent on later days: what went there in vain.
    complaints             bigint       Recipient-messages that they complained about, `not-spam` reports aside.
    hard_bounces           bigint       Recipient-messages whose hard bounce was about the address, after the last
                                        delivery.
    suppressed_bounces     bigint       Recipient-messages that a suppression list stopped, after the last delivery.
    unsubscribes           bigint       Recipient-messages that they unsubscribed by; those of machines are left out.
    soft_bounces_in_row    bigint       Recipient-messages that bounced softly, after the last delivery.
    last_bounce_status     varchar      Enhanced status of the last bounce, if there is one.
    last_bounced_at        timestamp(3) When mail to them last bounced.
    last_complained_at     timestamp(3) When they last complained.
    last_unsubscribed_at   timestamp(3) When they last unsubscribed, machines left out.
    last_delivered_at      timestamp(3) When mail was last delivered to them, and did not bounce hard.
    last_sent_at           timestamp(3) When mail was last sent to them; rejected mail is not sent.
*/
with settings as (
    select
        max(case when name = 'suppress_soft_bounces' then cast(value as bigint) end) as least_soft_bounces,
        max(case when name = 'suppress_soft_bounce_days' then cast(value as bigint) end) as least_days
    from seed_settings
    where name in ('suppress_soft_bounces', 'suppress_soft_bounce_days')
),

outcomes as (
    select *
    from message_outcomes
    where not is_simulator
),

-- What came before the last delivery speaks against nobody.
placed as (
    select
        *,
        bounce_kind = 'soft' and not is_delivered as is_soft_bounce,
        coalesce(suppressed_at, bounced_at) as stopped_at,
        sent_at > coalesce(
            max(case when is_delivered then sent_at end) over (partition by recipient_key),
            timestamp '1970-01-01 00:00:00'
        ) as is_after_delivery
    from outcomes
),

recipients as (
    select
        recipient_key,
        min(recipient_domain) as recipient_domain,
        min(mailbox_provider) as mailbox_provider,
        count_if(complained_at is not null) as complaints,
        count_if(is_bad_address and is_after_delivery) as hard_bounces,
        count_if(not is_tried and is_after_delivery) as suppressed_bounces,
        count_if(human_unsubscribed_at is not null) as unsubscribes,
        count_if(is_soft_bounce and is_after_delivery) as soft_bounces_in_row,
        min(complained_at) as first_complained_at,
        min(case when is_bad_address and is_after_delivery then bounced_at end) as first_hard_bounced_at,
        min(case when not is_tried and is_after_delivery then stopped_at end) as first_suppressed_at,
        min(human_unsubscribed_at) as first_unsubscribed_at,
        min(case when is_soft_bounce and is_after_delivery then sent_at end) as first_soft_sent_at,
        max(case when is_soft_bounce and is_after_delivery then sent_at end) as last_soft_sent_at,
        max_by(smtp_status, bounced_at) as last_bounce_status,
        max(bounced_at) as last_bounced_at,
        max(complained_at) as last_complained_at,
        max(human_unsubscribed_at) as last_unsubscribed_at,
        max(delivery_proved_at) as last_delivered_at,
        max(case when is_sent then sent_at end) as last_sent_at,
        array_agg(cast(sent_at as date)) filter (where is_sent) as send_dates
    from placed
    group by recipient_key
),

judged as (
    select
        *,
        case
            when complaints > 0 then 'complaint'
            when hard_bounces > 0 then 'hard_bounce'
            when suppressed_bounces > 0 then 'suppressed'
            when unsubscribes > 0 then 'unsubscribe'
            when soft_bounces_in_row >= least_soft_bounces
                and date_diff('day', first_soft_sent_at, last_soft_sent_at) >= least_days then 'soft_bounces'
        end as suppression_reason
    from recipients
    cross join settings
),

dated as (
    select
        *,
        cast(
            case suppression_reason
                when 'complaint' then first_complained_at
                when 'hard_bounce' then first_hard_bounced_at
                when 'suppressed' then first_suppressed_at
                when 'unsubscribe' then first_unsubscribed_at
                else first_soft_sent_at
            end as date
        ) as suppress_since_date
    from judged
    where suppression_reason is not null
),

final as (
    select
        recipient_key, recipient_domain, mailbox_provider, suppression_reason,
        case suppression_reason
            when 'complaint' then 'They reported mail as spam: send nothing more.'
            when 'hard_bounce' then 'The address does not exist or takes no mail: remove it.'
            when 'suppressed' then 'A suppression list stops all mail to it: remove the address.'
            when 'unsubscribe' then 'They do not want this mail: send what they asked for only, such as receipts.'
            else 'Nothing has reached it for weeks: stop sending, and remove it if that goes on.'
        end as what_to_do,
        suppress_since_date,
        cast(
            coalesce(cardinality(filter(send_dates, send_date -> send_date > suppress_since_date)), 0) as bigint
        ) as sends_since,
        complaints, hard_bounces, suppressed_bounces, unsubscribes, soft_bounces_in_row, last_bounce_status,
        last_bounced_at, last_complained_at, last_unsubscribed_at, last_delivered_at, last_sent_at
    from dated
)

select * from final
