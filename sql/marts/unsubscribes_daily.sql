/*
Who unsubscribed, from which campaign and how. Simulator addresses are left out. One row per event date, campaign, from
domain and method.

clock: event day
grain: event_date, campaign_id, from_domain, unsubscribe_method
columns:
    event_date            date    The UTC day of the unsubscribe.
    dt                    varchar The same day as text, as partitioned: filter on it to read few files.
    campaign_id, from_domain = email_events
    unsubscribe_method    varchar `link`: a click on the unsubscribe link; `header`: the mail client's own button
                                  (List-Unsubscribe); `preferences`: a change of contact list preferences.
    unsubscribes          bigint  Recipient-messages that led to an unsubscribe; of a message to several recipients
                                  nobody knows whose, so that it counts once.
    human_unsubscribes    bigint  Of unsubscribes: not by an agent labelled machine alone, as scanners click on
                                  everything.
    unsubscribe_events    bigint  Unsubscribe events.
    unsubscribed_messages bigint  Messages that led to an unsubscribe.
*/
with unsubscribes as (
    select
        *,
        case
            when event_type = 'click' or source = 'pinpoint' then 'link'
            when json_extract_scalar(extras, '$.subscription.source') = 'UnsubscribeHeader' then 'header'
            else 'preferences'
        end as unsubscribe_method,
        -- The unit of counting; an unsubscribe that names no recipient counts once a message.
        message_id || ' ' || coalesce(recipient_key, '') as recipient_message
    from email_events
    where (event_type = 'unsubscribe' or (event_type = 'click' and is_unsubscribe))
        and not is_simulator
),

final as (
    select
        from_iso8601_date(dt) as event_date,
        dt, campaign_id, from_domain, unsubscribe_method,
        count(distinct recipient_message) as unsubscribes,
        count(distinct case when not is_machine then recipient_message end) as human_unsubscribes,
        count(distinct event_id) as unsubscribe_events,
        count(distinct message_id) as unsubscribed_messages
    from unsubscribes
    group by dt, campaign_id, from_domain, unsubscribe_method
)

select * from final
