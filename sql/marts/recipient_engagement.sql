/*
When each person last got, opened and clicked mail: for sunset policies. Opens and clicks of messages to several
recipients belong to nobody, and are not here. Simulator addresses are left out. One row per recipient.

clock: cohort
grain: recipient_key
columns:
    recipient_key, recipient_domain = recipient_messages
    mailbox_provider        varchar      = message_outcomes
    sent                    bigint       Recipient-messages sent to them.
    delivered               bigint       Recipient-messages with a delivery, or proved delivered, and without a hard
                                         bounce.
    trackable_delivered     bigint       Of delivered: the only recipient of the message, with opens or clicks tracked.
    opened                  bigint       Of trackable_delivered: opened, by anyone or anything.
    human_opened            bigint       Of trackable_delivered: with an open not labelled machine.
    clicked                 bigint       Of trackable_delivered: clicked, by anyone or anything.
    human_clicked           bigint       Of trackable_delivered: with a click not labelled machine.
    first_sent_at           timestamp(3) When mail was first sent to them; rejected mail is not sent.
    last_sent_at            timestamp(3) When mail was last sent to them; rejected mail is not sent.
    last_delivered_at       timestamp(3) When mail was last delivered to them, and did not bounce hard.
    last_opened_at          timestamp(3) Last open, by anyone or anything.
    last_human_opened_at    timestamp(3) The latest first open of a mail that is not labelled machine.
    last_clicked_at         timestamp(3) Last click, by anyone or anything.
    last_human_clicked_at   timestamp(3) The latest first click of a mail that is not labelled machine.
    delivered_since_engaged bigint       Of trackable_delivered: sent after the last mail that a person opened or
                                         clicked; all of them if there is none.
    engagement_status       varchar      `active`: a person opened or clicked within the last days (seed settings);
                                         `lapsed`: before that; `never`: not at all; `never_delivered`: nothing arrived;
                                         `unknown`: since then a proxy that hides what they do (Apple) opened their
                                         mail, so that `never` or `lapsed` can't be told; NULL where it can't be seen,
                                         as opens and clicks were not tracked or all mail had several recipients.
    hidden_opened           bigint       Of opened: by a proxy that opens all mail of the people behind it (Apple).
*/
with settings as (
    select cast(value as bigint) as engaged_days
    from seed_settings
    where name = 'engaged_days'
),

outcomes as (
    select *
    from message_outcomes
    where not is_simulator
),

placed as (
    select
        *,
        sent_at > coalesce(
            max(case when human_opens > 0 or human_clicks > 0 then sent_at end) over (partition by recipient_key),
            timestamp '1970-01-01 00:00:00'
        ) as is_after_engagement
    from outcomes
),

recipients as (
    select
        recipient_key,
        min(recipient_domain) as recipient_domain,
        min(mailbox_provider) as mailbox_provider,
        count_if(is_sent) as sent,
        count_if(is_delivered) as delivered,
        count_if(is_trackable_delivered) as trackable_delivered,
        count_if(is_trackable_delivered and opens > 0) as opened,
        count_if(is_trackable_delivered and human_opens > 0) as human_opened,
        count_if(is_trackable_delivered and hidden_opens > 0) as hidden_opened,
        count_if(is_trackable_delivered and clicks > 0) as clicked,
        count_if(is_trackable_delivered and human_clicks > 0) as human_clicked,
        min(case when is_sent then sent_at end) as first_sent_at,
        max(case when is_sent then sent_at end) as last_sent_at,
        max(delivery_proved_at) as last_delivered_at,
        max(last_opened_at) as last_opened_at,
        max(first_human_opened_at) as last_human_opened_at,
        max(last_clicked_at) as last_clicked_at,
        max(first_human_clicked_at) as last_human_clicked_at,
        count_if(is_trackable_delivered and is_after_engagement) as delivered_since_engaged,
        count_if(is_trackable_delivered and is_after_engagement and hidden_opens > 0) as hidden_since_engaged
    from placed
    group by recipient_key
),

engaged as (
    select
        *,
        date_diff(
            'day',
            coalesce(
                greatest(last_human_opened_at, last_human_clicked_at),
                last_human_opened_at, last_human_clicked_at
            ),
            cast(current_date as timestamp)
        ) as days_since_engaged
    from recipients
    cross join settings
),

final as (
    select
        recipient_key, recipient_domain, mailbox_provider, sent, delivered, trackable_delivered, opened, human_opened,
        clicked, human_clicked, first_sent_at, last_sent_at, last_delivered_at, last_opened_at, last_human_opened_at,
        last_clicked_at, last_human_clicked_at, delivered_since_engaged, case
            when days_since_engaged < engaged_days then 'active'
            when hidden_since_engaged > 0 then 'unknown'
            when days_since_engaged is not null then 'lapsed'
            when trackable_delivered > 0 then 'never'
            when delivered = 0 then 'never_delivered'
        end as engagement_status,
        hidden_opened
    from engaged
)

select * from final
