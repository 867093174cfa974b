/*
How long delivery takes, in seconds, and beside it the time that the service says it took (processing_time_ms).
Percentiles can't be added up, so each day also has a row for provider `all`. Impossible times are left out: those
before the sending, and those equal to it, which some events only repeat. Percentiles are exact on the local engine;
Athena's approx_percentile is an estimate, wrong by about a percent in rank. One row per send date and mailbox provider.

clock: cohort
grain: send_date, mailbox_provider
columns:
    send_date, dt = deliverability_facts
    mailbox_provider   varchar Who runs the mailbox, or `all`.
    delivered          bigint  = deliverability_facts
    timed              bigint  Of delivered: the time of delivery is known. Latencies are of these.
    p50_seconds        double  Half of the mail was delivered within so many seconds of its sending.
    p90_seconds        double  Nine tenths were.
    p95_seconds        double  95 of 100 were.
    p99_seconds        double  99 of 100 were.
    over_60s           bigint  Of timed: took more than 60 seconds.
    over_60s_share     double  over_60s / timed.
    processing_timed   bigint  Of delivered: processing_time_ms is known.
    p50_processing_ms  bigint  Half of the mail was processed within so many milliseconds.
    p90_processing_ms  bigint  Nine tenths were.
    p95_processing_ms  bigint  95 of 100 were.
    p99_processing_ms  bigint  99 of 100 were.
    is_mature          boolean = deliverability_daily
*/
with settings as (
    select cast(value as integer) as attribution_days
    from seed_settings
    where name = 'attribution_days'
),

outcomes as (
    select *
    from message_outcomes
    where not is_simulator and is_sent
),

groups as (
    select *
    from (values (true), (false)) as listed (is_total)
),

-- Not grouping sets: through those no filter on the day reaches the table.
latencies as (
    select
        *,
        case when is_total then 'all' else mailbox_provider end as provider_or_all,
        case
            when is_delivered and delivered_at > sent_at
                then cast(date_diff('millisecond', sent_at, delivered_at) as double) / nullif(1e3, 0)
        end as seconds,
        -- Athena's approx_percentile refuses a whole number that no double holds: such a time is none.
        case
            when is_delivered and processing_time_ms between -9007199254740991 and 9007199254740991
                then processing_time_ms
        end as processing_ms
    from outcomes
    cross join groups
),

days as (
    select
        send_date, dt,
        provider_or_all as mailbox_provider,
        count_if(is_delivered) as delivered,
        count(seconds) as timed,
        approx_percentile(seconds, 0.5) as p50_seconds,
        approx_percentile(seconds, 0.9) as p90_seconds,
        approx_percentile(seconds, 0.95) as p95_seconds,
        approx_percentile(seconds, 0.99) as p99_seconds,
        count_if(seconds > 60) as over_60s,
        count(processing_ms) as processing_timed,
        approx_percentile(processing_ms, 0.5) as p50_processing_ms,
        approx_percentile(processing_ms, 0.9) as p90_processing_ms,
        approx_percentile(processing_ms, 0.95) as p95_processing_ms,
        approx_percentile(processing_ms, 0.99) as p99_processing_ms
    from latencies
    group by send_date, dt, provider_or_all
),

final as (
    select
        send_date, dt, mailbox_provider, delivered, timed, p50_seconds, p90_seconds, p95_seconds, p99_seconds, over_60s,
        cast(over_60s as double) / nullif(timed, 0) as over_60s_share,
        processing_timed, p50_processing_ms, p90_processing_ms, p95_processing_ms, p99_processing_ms,
        send_date + attribution_days * interval '1' day < current_date as is_mature
    from days
    cross join settings
)

select * from final
