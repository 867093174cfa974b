/*
How much of the opens, clicks and unsubscribes was machines', and by which rule, day by day. The rules are those on the
event alone (machine_reason of email_events); what only a mail's whole life shows (clicks within seconds, on every link)
is total_clicks less total_human_clicks of the deliverability views. Events add up over everything. Simulator addresses
are left out. One row per event date, event type, rule, mailbox provider, from domain and campaign.

clock: event day
grain: event_date, event_type, machine_reason, is_machine, mailbox_provider, from_domain, campaign_id
columns:
    event_date          date    The UTC day of the events.
    dt                  varchar The same day as text, as partitioned: filter on it to read few files.
    event_type          varchar `open`, `click` or `unsubscribe`.
    machine_reason, is_machine, mailbox_provider, from_domain, campaign_id = email_events
    events              bigint  Events of that type.
    hidden_events       bigint  Of events: opens by a proxy that hides the people behind it (Apple).
    recipient_messages  bigint  Recipient-messages that they are of; a message to several recipients counts once, and
                                one that several rules found is in a row of each.
    day_events          bigint  Events of that type on that day: what share_of_day is of.
    share_of_day        double  events / day_events. Added up over a rule's rows it is that rule's share.
*/
with events as (
    select *
    from email_events
    where event_type in ('open', 'click', 'unsubscribe')
        and not is_simulator
),

reasons as (
    select
        dt, event_type, machine_reason, is_machine, mailbox_provider, from_domain, campaign_id,
        count(distinct event_id) as events,
        count(distinct case when is_hidden_open then event_id end) as hidden_events,
        -- The unit of counting; nobody knows who of several recipients it was.
        count(distinct message_id || ' ' || coalesce(recipient_key, '')) as recipient_messages
    from events
    group by dt, event_type, machine_reason, is_machine, mailbox_provider, from_domain, campaign_id
),

shared as (
    select
        *,
        cast(sum(events) over (partition by dt, event_type) as bigint) as day_events
    from reasons
),

final as (
    select
        from_iso8601_date(dt) as event_date,
        dt, event_type, machine_reason, is_machine, mailbox_provider, from_domain, campaign_id, events, hidden_events,
        recipient_messages, day_events,
        cast(events as double) / nullif(day_events, 0) as share_of_day
    from shared
)

select * from final
