/*
Opens and clicks by the hour of people's clocks, additive: for any range of days sum it over them, as engagement_by_hour
does over all. Machines are told by their user agent alone here (machine_reason of email_events). Simulator addresses
are left out. One row per event date, weekday and hour.

clock: event day
grain: event_date, day_of_week, hour_of_day
columns:
    event_date   date    The UTC day of the events; people's clocks may show the day before or after.
    dt           varchar The same day as text, as partitioned: filter on it to read few files.
    day_of_week  integer 1 for Monday to 7 for Sunday, in the report time zone.
    hour_of_day  integer 0 to 23, in the report time zone.
    time_zone    varchar The report time zone (seed settings).
    opens        bigint  Open events, by anyone or anything.
    human_opens  bigint  Open events not labelled machine.
    clicks       bigint  Click events, by anyone or anything.
    human_clicks bigint  Click events not labelled machine.
*/
with settings as (
    select value as time_zone
    from seed_settings
    where name = 'report_time_zone'
),

events as (
    select *
    from email_events
    where event_type in ('open', 'click')
        -- A time that only repeats the sending tells nothing of people.
        and occurred_at_basis <> 'send'
        and not is_simulator
),

on_clocks as (
    select
        events.*,
        settings.time_zone,
        at_timezone(with_timezone(events.occurred_at, 'UTC'), settings.time_zone) as local_time
    from events
    cross join settings
),

final as (
    select
        from_iso8601_date(dt) as event_date,
        dt,
        cast(day_of_week(local_time) as integer) as day_of_week,
        cast(hour(local_time) as integer) as hour_of_day,
        time_zone,
        count(distinct case when event_type = 'open' then event_id end) as opens,
        count(distinct case when event_type = 'open' and not is_machine then event_id end) as human_opens,
        count(distinct case when event_type = 'click' then event_id end) as clicks,
        count(distinct case when event_type = 'click' and not is_machine then event_id end) as human_clicks
    from on_clocks
    group by dt, cast(day_of_week(local_time) as integer), cast(hour(local_time) as integer), time_zone
)

select * from final
