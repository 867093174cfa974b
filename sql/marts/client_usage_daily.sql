/*
In which programs and on which devices people opened mail, from the user agents of opens; those labelled machine are
counted beside. Machines are told by their user agent alone here (machine_reason of email_events). Simulator addresses
are left out. One row per event date, mail client, device class, mailbox provider and campaign.

clock: event day
grain: event_date, client_name, device_class, mailbox_provider, campaign_id
columns:
    event_date       date    The UTC day of the open.
    dt               varchar The same day as text, as partitioned: filter on it to read few files.
    client_name, device_class, mailbox_provider, campaign_id = email_events
    opens            bigint  Open events, by anyone or anything.
    human_opens      bigint  Open events not labelled machine.
    readers          bigint  Recipient-messages with an open; a message to several recipients counts once.
    human_readers    bigint  Recipient-messages with an open not labelled machine.
    day_human_opens  bigint  Open events of the day not labelled machine: what human_open_share is of.
    human_open_share double  human_opens / day_human_opens.
*/
with opens as (
    select
        *,
        -- The unit of counting; nobody knows who of several recipients opened.
        message_id || ' ' || coalesce(recipient_key, '') as recipient_message
    from email_events
    where event_type = 'open'
        and not is_simulator
),

clients as (
    select
        dt, client_name, device_class, mailbox_provider, campaign_id,
        count(distinct event_id) as opens,
        count(distinct case when not is_machine then event_id end) as human_opens,
        count(distinct recipient_message) as readers,
        count(distinct case when not is_machine then recipient_message end) as human_readers
    from opens
    group by dt, client_name, device_class, mailbox_provider, campaign_id
),

shared as (
    select
        *,
        cast(sum(human_opens) over (partition by dt) as bigint) as day_human_opens
    from clients
),

final as (
    select
        from_iso8601_date(dt) as event_date,
        dt, client_name, device_class, mailbox_provider, campaign_id, opens, human_opens, readers, human_readers,
        day_human_opens,
        cast(human_opens as double) / nullif(day_human_opens, 0) as human_open_share
    from shared
)

select * from final
