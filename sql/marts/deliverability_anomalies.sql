/*
Rates of a day that are not what the 28 days before led to expect, all at the same horizon after sending; for each
mailbox provider, and for `all`. There is no row where the day's volume is too small, too few days came before, or the
horizon isn't over. What is expected is the pooled rate of the days before, the same weekday weighing more and days
that are outliers themselves left out, so that an earlier incident doesn't hide the next one. Rates are compared on
Anscombe's scale, asin(sqrt((x + 3/8) / (n + 3/4))), where chance alone has the variance 1 / (4 n + 2) (Biometrika 35,
1948); what the days before varied beyond that is added, as in Laney's p' chart (Quality Engineering 14, 2002), by
medians. Limits are the seed settings, anomaly_*. Any day is compared with others, so all days are read: a filter on
the date narrows the answer only. One row per send date, metric and mailbox provider.

clock: cohort
grain: send_date, metric, mailbox_provider
columns:
    send_date         date    The UTC day of sending.
    metric            varchar The rate: a column of deliverability_daily.
    mailbox_provider  varchar Who runs the mailbox, or `all`.
    horizon_hours     integer Hours after the sending at which all days are looked at.
    numerator         bigint  What the rate counts, as of the horizon.
    denominator       bigint  What the rate is of, as of the horizon.
    rate              double  numerator / denominator.
    expected_rate     double  What the days before led to expect.
    expected_low      double  Lower end of the band outside which a rate is an anomaly.
    expected_high     double  Upper end of that band.
    z_score           double  Standard deviations from what was expected; above it if positive.
    is_anomaly        boolean Outside the band, and by enough messages (anomaly_min_excess) to matter.
    is_worse          boolean Above what was expected for bounces, complaints and unsubscribes; below for the others.
    baseline_days     bigint  Days with such mail among the 28 before.
*/
with days as (
    select
        send_date,
        mailbox_provider,
        horizon_hours,
        observed_sent,
        observed_delivered,
        volume_sent,
        volume_hard_bounces,
        volume_soft_bounces,
        feedback_delivered,
        feedback_complaints,
        open_trackable,
        unique_human_opens,
        click_trackable,
        unique_clicks,
        unsubscribe_delivered,
        unsubscribes
    from deliverability_by_horizon
    -- No metric is judged at seven days, so a third of the work is saved.
    where is_horizon_over and horizon_hours <= 72
),

settings as (
    select
        max(case when name = 'anomaly_min_volume' then cast(value as bigint) end) as min_volume,
        max(case when name = 'anomaly_min_days' then cast(value as bigint) end) as min_days,
        max(case when name = 'anomaly_min_excess' then cast(value as double) end) as min_excess,
        max(case when name = 'anomaly_z_score' then cast(value as double) end) as limit_z,
        max(case when name = 'anomaly_weekday_weight' then cast(value as bigint) end) as weekday_weight
    from seed_settings
    where name like 'anomaly_%'
),

metrics as (
    select
        metric,
        horizon_hours,
        is_total
    from (
        values
            ('delivery_rate', 24, true),
            ('delivery_rate', 24, false),
            ('hard_bounce_rate', 24, true),
            ('hard_bounce_rate', 24, false),
            ('soft_bounce_rate', 24, true),
            ('soft_bounce_rate', 24, false),
            ('complaint_rate', 72, true),
            ('complaint_rate', 72, false),
            ('human_open_rate', 72, true),
            ('human_open_rate', 72, false),
            ('unique_click_rate', 72, true),
            ('unique_click_rate', 72, false),
            ('unsubscribe_rate', 72, true),
            ('unsubscribe_rate', 72, false)
    ) as listed (metric, horizon_hours, is_total)
),

counts as (
    select
        days.send_date,
        metrics.metric,
        metrics.horizon_hours,
        case when metrics.is_total then 'all' else days.mailbox_provider end as mailbox_provider,
        case metrics.metric
            when 'delivery_rate' then days.observed_delivered
            when 'hard_bounce_rate' then days.volume_hard_bounces
            when 'soft_bounce_rate' then days.volume_soft_bounces
            when 'complaint_rate' then days.feedback_complaints
            when 'human_open_rate' then days.unique_human_opens
            when 'unique_click_rate' then days.unique_clicks
            when 'unsubscribe_rate' then days.unsubscribes
        end as numerator,
        case metrics.metric
            when 'delivery_rate' then days.observed_sent
            when 'hard_bounce_rate' then days.volume_sent
            when 'soft_bounce_rate' then days.volume_sent
            when 'complaint_rate' then days.feedback_delivered
            when 'human_open_rate' then days.open_trackable
            when 'unique_click_rate' then days.click_trackable
            when 'unsubscribe_rate' then days.unsubscribe_delivered
        end as denominator
    from days
    inner join metrics on days.horizon_hours = metrics.horizon_hours
),

rates as (
    select
        send_date,
        metric,
        horizon_hours,
        mailbox_provider,
        cast(sum(numerator) as bigint) as numerator,
        cast(sum(denominator) as bigint) as denominator
    from counts
    group by
        send_date,
        metric,
        horizon_hours,
        mailbox_provider
),

-- Each day stands for itself, and in the baseline of each of the 28 days that follow.
placed as (
    select
        rates.send_date,
        rates.metric,
        rates.horizon_hours,
        rates.mailbox_provider,
        rates.numerator,
        rates.denominator,
        ahead.days_before,
        cast(rates.send_date + ahead.days_before * interval '1' day as date) as target_date,
        case
            when ahead.days_before = 0 then 0
            when ahead.days_before % 7 = 0 then settings.weekday_weight
            else 1
        end as weight,
        settings.min_volume,
        settings.min_days,
        settings.min_excess,
        settings.limit_z
    from rates
    cross join settings
    cross join unnest(sequence(0, 28)) as ahead (days_before)
    -- What a person does can outnumber the deliveries that are known; no rate is above 1.
    where rates.denominator > 0 and rates.numerator <= rates.denominator
),

gathered as (
    select
        target_date,
        metric,
        horizon_hours,
        mailbox_provider,
        days_before,
        weight,
        numerator,
        denominator,
        min_volume,
        min_days,
        min_excess,
        limit_z,
        cast(numerator as double) / nullif(denominator, 0) as rate,
        max(case when days_before = 0 then denominator end) over (
            partition by target_date, metric, mailbox_provider
        ) as target_volume,
        count(*) over (partition by target_date, metric, mailbox_provider) - 1 as baseline_days,
        sum(weight * denominator) over (
            partition by target_date, metric, mailbox_provider
        ) as baseline_volume,
        sum(weight * denominator) over (
            partition by target_date, metric, mailbox_provider
            order by cast(numerator as double) / nullif(denominator, 0), days_before
            rows unbounded preceding
        ) as volume_so_far
    from placed
),

-- The first guess is the median over the mail of the days before: half of them may be outliers.
guessed as (
    select
        target_date,
        metric,
        horizon_hours,
        mailbox_provider,
        days_before,
        weight,
        numerator,
        denominator,
        min_excess,
        limit_z,
        baseline_days,
        baseline_volume,
        min(case when weight > 0 and 2 * volume_so_far >= baseline_volume then rate end) over (
            partition by target_date, metric, mailbox_provider
        ) as median_rate
    from gathered
    where target_volume >= min_volume and baseline_days >= min_days
),

strayed as (
    select
        target_date,
        metric,
        horizon_hours,
        mailbox_provider,
        days_before,
        weight,
        numerator,
        denominator,
        min_excess,
        limit_z,
        baseline_days,
        baseline_volume,
        1e0 / nullif(4 * denominator + 2, 0) as variance,
        -- The square of a normal variate has the median 0.4549.
        power(
            asin(sqrt((numerator + 0.375e0) / nullif(denominator + 0.75e0, 0)))
            - asin(sqrt((denominator * median_rate + 0.375e0) / nullif(denominator + 0.75e0, 0))),
            2
        ) as stray
    from guessed
),

spread as (
    select
        target_date,
        metric,
        horizon_hours,
        mailbox_provider,
        days_before,
        weight,
        numerator,
        denominator,
        min_excess,
        limit_z,
        baseline_days,
        baseline_volume,
        variance,
        stray,
        stray / nullif(0.4549e0, 0) - variance as excess_variance,
        sum(weight * denominator) over (
            partition by target_date, metric, mailbox_provider
            order by stray / nullif(0.4549e0, 0) - variance, days_before
            rows unbounded preceding
        ) as volume_so_far
    from strayed
),

sifted as (
    select
        target_date,
        metric,
        horizon_hours,
        mailbox_provider,
        days_before,
        weight,
        numerator,
        denominator,
        min_excess,
        limit_z,
        baseline_days,
        baseline_volume,
        variance,
        stray,
        min(case when weight > 0 and 2 * volume_so_far >= baseline_volume then excess_variance end) over (
            partition by target_date, metric, mailbox_provider
        ) as median_excess
    from spread
),

-- Outliers are farther than 3.5 standard deviations (Iglewicz and Hoaglin, 1993).
kept as (
    select
        target_date,
        metric,
        horizon_hours,
        mailbox_provider,
        days_before,
        numerator,
        denominator,
        min_excess,
        limit_z,
        baseline_days,
        variance,
        greatest(median_excess, 0e0) as common_variance,
        case when stray <= 12.25e0 * (variance + greatest(median_excess, 0e0)) then weight else 0 end as weight
    from sifted
),

expected as (
    select
        target_date,
        metric,
        horizon_hours,
        mailbox_provider,
        days_before,
        numerator,
        denominator,
        min_excess,
        limit_z,
        baseline_days,
        variance,
        common_variance,
        cast(sum(weight * numerator) over (partition by target_date, metric, mailbox_provider) as double)
        / nullif(sum(weight * denominator) over (partition by target_date, metric, mailbox_provider), 0)
            as expected_rate,
        -- How much the pooled rate itself may be off, on the same scale.
        cast(sum(weight * weight * denominator) over (partition by target_date, metric, mailbox_provider) as double)
        / nullif(
            4 * power(
                cast(sum(weight * denominator) over (partition by target_date, metric, mailbox_provider) as double),
                2
            ),
            0
        ) as pooled_variance
    from kept
),

scaled as (
    select
        target_date,
        metric,
        horizon_hours,
        mailbox_provider,
        numerator,
        denominator,
        min_excess,
        limit_z,
        baseline_days,
        expected_rate,
        asin(sqrt((numerator + 0.375e0) / nullif(denominator + 0.75e0, 0))) as place,
        asin(sqrt((denominator * expected_rate + 0.375e0) / nullif(denominator + 0.75e0, 0))) as expected_place,
        sqrt(variance + common_variance + pooled_variance + common_variance / nullif(baseline_days, 0)) as deviation
    from expected
    where days_before = 0
),

scored as (
    select
        target_date,
        metric,
        horizon_hours,
        mailbox_provider,
        numerator,
        denominator,
        min_excess,
        limit_z,
        baseline_days,
        expected_rate,
        (place - expected_place) / nullif(deviation, 0) as z_score,
        -- The scale ends at 0 and a quarter of the circle.
        power(sin(greatest(expected_place - limit_z * deviation, 0e0)), 2) as low_place,
        power(sin(least(expected_place + limit_z * deviation, pi() / nullif(2e0, 0))), 2) as high_place
    from scaled
),

final as (
    select
        target_date as send_date,
        metric,
        mailbox_provider,
        horizon_hours,
        numerator,
        denominator,
        cast(numerator as double) / nullif(denominator, 0) as rate,
        expected_rate,
        greatest((low_place * (denominator + 0.75e0) - 0.375e0) / nullif(denominator, 0), 0e0) as expected_low,
        least((high_place * (denominator + 0.75e0) - 0.375e0) / nullif(denominator, 0), 1e0) as expected_high,
        z_score,
        abs(z_score) > limit_z and abs(numerator - denominator * expected_rate) >= min_excess as is_anomaly,
        (z_score < 0) = (metric in ('delivery_rate', 'human_open_rate', 'unique_click_rate')) as is_worse,
        baseline_days
    from scored
)

select * from final
