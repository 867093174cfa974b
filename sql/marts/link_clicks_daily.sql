/*
Clicks on the links of a campaign, day by day: what link_performance tells over all days. Counts of events add up over
days; recipient-messages that click on two days are in both. Machines are told by their user agent alone here
(machine_reason of email_events). Simulator addresses are left out. One row per event date, campaign, from domain and
link.

clock: event day
grain: event_date, campaign_id, from_domain, link
columns:
    event_date           date    The UTC day of the clicks.
    dt                   varchar The same day as text, as partitioned: filter on it to read few files.
    campaign_id, from_domain, link = email_events
    clicks, human_clicks = link_performance
    unique_clicks        bigint  Recipient-messages with a click on that day; those of messages to several recipients
                                 have no single one.
    unique_human_clicks  bigint  Recipient-messages with a click not labelled machine on that day.
    clicked_messages     bigint  Messages with a click on that day, those to several recipients included.
    unsubscribes         bigint  = link_performance
*/
with events as (
    select *
    from email_events
    where event_type in ('click', 'unsubscribe')
        and link is not null
        and not is_simulator
),

final as (
    select
        from_iso8601_date(dt) as event_date,
        dt, campaign_id, from_domain, link,
        count(distinct case when event_type = 'click' then event_id end) as clicks,
        count(distinct case when event_type = 'click' and not is_machine then event_id end) as human_clicks,
        count(distinct case when event_type = 'click' then message_id || ' ' || recipient_key end) as unique_clicks,
        count(
            distinct case when event_type = 'click' and not is_machine then message_id || ' ' || recipient_key end
        ) as unique_human_clicks,
        count(distinct case when event_type = 'click' then message_id end) as clicked_messages,
        count(distinct case when event_type = 'unsubscribe' or is_unsubscribe then event_id end) as unsubscribes
    from events
    group by dt, campaign_id, from_domain, link
)

select * from final
