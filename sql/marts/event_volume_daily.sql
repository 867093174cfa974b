/*
How much happened on a day, and whether that is normal: beside the events of each type stands what the same weekdays of
the four weeks before had. A type that is missing on a day has a row of zeros while those weeks had it. Asked for one
day it reads that day and those four, each once, and no other. For that it names email_events five times: one scan whose
days are then spread over those that they are compared with would read every day there is, whatever is asked for, as no
engine takes a filter through that. A longer period is read five times over. One row per event date, source and event
type.

clock: event day
grain: event_date, source, event_type
columns:
    event_date        date    The UTC day of the events.
    dt                varchar The same day as text, as partitioned: filter on it to read few files.
    source            varchar = email_events
    event_type        varchar As in email_events; or `suppressed`, for what the service tells as a bounce or complaint
                              of mail that was never sent out, which is neither.
    event_name        varchar The event in words, such as `Hard bounce`.
    events            bigint  Events, those of simulator addresses left out, as from all counts but simulator_events.
    messages          bigint  Messages that they happened to.
    simulator_events  bigint  Events of simulator addresses.
    day_events        bigint  Events of the day, over all sources and types: what share_of_day is of.
    share_of_day      double  events / day_events.
    earlier_days      bigint  How many of the same weekdays of the four weeks before had any events: 0 to 4.
    earlier_events    bigint  Events of this source and type on those days, in all.
    expected_events   double  earlier_events / earlier_days: the mean; NULL where there is no earlier day.
    share_of_expected double  events / expected_events; NULL where nothing is expected.
    volume_status     varchar `normal`, `low` or `high` (seed settings says from which share on); NULL where too few
                              events are expected, and for a day that is not over.
*/
with settings as (
    select
        max(case when name = 'volume_low_share' then cast(value as double) end) as low_share,
        max(case when name = 'volume_high_share' then cast(value as double) end) as high_share,
        max(case when name = 'volume_least_expected' then cast(value as double) end) as least_expected
    from seed_settings
    where name in ('volume_low_share', 'volume_high_share', 'volume_least_expected')
),

events as (
    select *
    from email_events
),

told as (
    select
        *,
        case when is_suppressed then 'suppressed' else event_type end as type_told,
        case when is_suppressed then 'Suppressed' else event_name end as name_told
    from events
),

counted as (
    select
        dt, source,
        type_told as event_type,
        name_told as event_name,
        count(distinct case when not is_simulator then event_id end) as events,
        count(distinct case when not is_simulator then message_id end) as messages,
        count(distinct case when is_simulator then event_id end) as simulator_events
    from told
    group by dt, source, type_told, name_told
),

-- Each day's counts are moved to the days that they are compared with. A filter on the day goes into each branch, and
-- through it to that branch's partition, which a window over days would not let happen.
compared as (
    select
        *,
        dt as target_dt,
        0 as weeks_before
    from counted
    union all
    select
        *,
        date_format(date_add('day', 7, from_iso8601_date(dt)), '%Y-%m-%d') as target_dt,
        1 as weeks_before
    from counted
    union all
    select
        *,
        date_format(date_add('day', 14, from_iso8601_date(dt)), '%Y-%m-%d') as target_dt,
        2 as weeks_before
    from counted
    union all
    select
        *,
        date_format(date_add('day', 21, from_iso8601_date(dt)), '%Y-%m-%d') as target_dt,
        3 as weeks_before
    from counted
    union all
    select
        *,
        date_format(date_add('day', 28, from_iso8601_date(dt)), '%Y-%m-%d') as target_dt,
        4 as weeks_before
    from counted
),

days as (
    select
        target_dt as dt,
        source, event_type, event_name,
        coalesce(cast(sum(case when weeks_before = 0 then events end) as bigint), 0) as events,
        coalesce(cast(sum(case when weeks_before = 0 then messages end) as bigint), 0) as messages,
        coalesce(cast(sum(case when weeks_before = 0 then simulator_events end) as bigint), 0) as simulator_events,
        coalesce(cast(sum(case when weeks_before > 0 then events end) as bigint), 0) as earlier_events,
        max(case when weeks_before = 0 then 1 else 0 end) as has_rows,
        max(case when weeks_before = 1 and events > 0 then 1 else 0 end) as has_week_1,
        max(case when weeks_before = 2 and events > 0 then 1 else 0 end) as has_week_2,
        max(case when weeks_before = 3 and events > 0 then 1 else 0 end) as has_week_3,
        max(case when weeks_before = 4 and events > 0 then 1 else 0 end) as has_week_4
    from compared
    group by target_dt, source, event_type, event_name
),

expected as (
    select
        from_iso8601_date(dt) as event_date,
        *,
        cast(sum(events) over (partition by dt) as bigint) as day_events,
        cast(
            max(has_week_1) over (partition by dt)
            + max(has_week_2) over (partition by dt)
            + max(has_week_3) over (partition by dt)
            + max(has_week_4) over (partition by dt) as bigint
        ) as earlier_days
    from days
),

judged as (
    select
        *,
        cast(events as double) / nullif(day_events, 0) as share_of_day,
        cast(earlier_events as double) / nullif(earlier_days, 0) as expected_events,
        cast(events as double) * earlier_days / nullif(earlier_events, 0) as share_of_expected
    from expected
    -- Days to come have nothing but a past, as has the day that absurd times are on.
    where has_rows = 1
        or (event_date < current_date and dt > '2009-12-31' and earlier_events > 0)
),

final as (
    select
        event_date, dt, source, event_type, event_name, events, messages, simulator_events, day_events, share_of_day,
        earlier_days, earlier_events, expected_events, share_of_expected, case
            when event_date >= current_date or coalesce(expected_events, 0) < least_expected then null
            when share_of_expected < low_share then 'low'
            when share_of_expected > high_share then 'high'
            else 'normal'
        end as volume_status
    from judged
    cross join settings
)

select * from final
