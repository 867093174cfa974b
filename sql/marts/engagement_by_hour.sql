/*
When people open and click, over all days: a heat map of the week. For a range of days sum engagement_hourly, which it
is made from. One row per weekday and hour.

clock: event day
grain: day_of_week, hour_of_day
columns:
    day_of_week, hour_of_day = engagement_hourly
    weekday_name       varchar The weekday's name, in English.
    time_zone … human_opens = engagement_hourly
    all_human_opens    bigint  Open events not labelled machine, over all hours: what human_open_share is of.
    human_open_share   double  human_opens / all_human_opens.
    clicks, human_clicks = engagement_hourly
    all_human_clicks   bigint  Click events not labelled machine, over all hours: what human_click_share is of.
    human_click_share  double  human_clicks / all_human_clicks.
*/
with hours as (
    select *
    from engagement_hourly
),

weeks as (
    select
        day_of_week, hour_of_day, time_zone,
        cast(sum(opens) as bigint) as opens,
        cast(sum(human_opens) as bigint) as human_opens,
        cast(sum(clicks) as bigint) as clicks,
        cast(sum(human_clicks) as bigint) as human_clicks
    from hours
    group by day_of_week, hour_of_day, time_zone
),

shared as (
    select
        *,
        cast(sum(human_opens) over () as bigint) as all_human_opens,
        cast(sum(human_clicks) over () as bigint) as all_human_clicks
    from weeks
),

final as (
    select
        day_of_week, hour_of_day,
        case day_of_week
            when 1 then 'Monday'
            when 2 then 'Tuesday'
            when 3 then 'Wednesday'
            when 4 then 'Thursday'
            when 5 then 'Friday'
            when 6 then 'Saturday'
            else 'Sunday'
        end as weekday_name,
        time_zone, opens, human_opens, all_human_opens,
        cast(human_opens as double) / nullif(all_human_opens, 0) as human_open_share,
        clicks, human_clicks, all_human_clicks,
        cast(human_clicks as double) / nullif(all_human_clicks, 0) as human_click_share
    from shared
)

select * from final
