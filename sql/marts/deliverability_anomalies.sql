/*
Rates of a day that are not what the sendings before led to expect, all at the same age: bounces 24 hours after the
sending, complaints and what people do 72 hours. Limits are the seed settings anomaly_*.

What is judged: all mail, the mail to each mailbox provider, and that of each identity where there are several; of each,
the kinds of mail (mail_kind) too where there are several. What is expected of all is the sum of what is expected of its
kinds, so that a day with more campaigns is none.

What is expected: the rate of the last 28 sendings, leaning to that of the same weekday. Days that were far off are left
out, so that an incident doesn't hide the next one. Of a rate above one half what is missing is counted.

How far a day may be off: a count follows the negative binomial distribution, which is exact for small counts; it allows
for chance, for how well the rate is known, and for how much the sender's days differ by more than chance. That is taken
from how much days of one weekday differed. Where few mails tell, differences of about 45 % are presumed (a list is
cleaned or imported, a campaign is good or bad); where many tell of uneven days, the band is wider than their variance,
as a few such days are far off. On made-up series that makes under one false alarm in 1,000 days, however even they are.

There is no row where the day has too little mail or too few sendings came before. All days are read: a filter on the
date narrows the answer only. One row per send date, metric, mailbox provider, identity and kind of mail.

clock: cohort
grain: send_date, metric, mailbox_provider, from_domain, configuration_set, mail_kind
columns:
    send_date         date    The UTC day of sending.
    metric            varchar The rate: a column of deliverability_daily.
    mailbox_provider  varchar Who runs the mailbox, or `all`.
    from_domain       varchar Domain of the From header, or `all`; `unknown` where it is not known.
    configuration_set varchar Configuration set, or `all`; `none` for mail without one.
    mail_kind         varchar `campaign` (with a campaign), `journey` (with a journey alone), `transactional` (with
                              neither), or `all`. Where a day has one kind only it stands as `all`.
    horizon_hours     integer Hours after the sending at which all days are looked at.
    numerator         bigint  What the rate counts, as of the horizon.
    denominator       bigint  What the rate is of, as of the horizon.
    rate              double  numerator / denominator.
    expected_rate     double  What the sendings before led to expect.
    expected_low      double  Lower end of the band outside which a rate is an anomaly.
    expected_high     double  Upper end of that band.
    z_score           double  How improbable the day is, as standard deviations of a normal variate from what was
                              expected; above it if positive.
    is_anomaly        boolean Outside the band, and by enough messages (anomaly_min_excess) to matter.
    is_worse          boolean Above what was expected for bounces, complaints and unsubscribes; below for the others.
    baseline_days     bigint  Days with such mail that it is compared with, 28 at most.
*/
with days as (
    select *
    from deliverability_by_horizon
    -- No metric is judged at seven days, so a third of the work is saved.
    where is_horizon_over and horizon_hours <= 72
),

settings as (
    select
        max(case when name = 'anomaly_min_volume' then cast(value as bigint) end) as min_volume,
        max(case when name = 'anomaly_min_days' then cast(value as bigint) end) as min_days,
        max(case when name = 'anomaly_min_sendings' then cast(value as bigint) end) as min_sendings,
        max(case when name = 'anomaly_min_excess' then cast(value as double) end) as min_excess,
        max(case when name = 'anomaly_z_score' then cast(value as double) end) as deliverability_z,
        max(case when name = 'anomaly_engagement_z_score' then cast(value as double) end) as engagement_z,
        max(case when name = 'anomaly_weekday_prior' then cast(value as double) end) as weekday_prior
    from seed_settings
    where name like 'anomaly_%'
),

slices as (
    select *
    from (values ('all'), ('provider'), ('identity')) as listed (slice)
),

metrics as (
    select *
    from (
        values
            ('delivery_rate', 24),
            ('hard_bounce_rate', 24),
            ('soft_bounce_rate', 24),
            ('complaint_rate', 72),
            ('human_open_rate', 72),
            ('unique_click_rate', 72),
            ('human_click_rate', 72),
            ('unsubscribe_rate', 72)
    ) as listed (metric, judged_hours)
),

groupings as (
    select *
    from (values (true), (false)) as listed (is_combined)
),

sliced as (
    select
        days.send_date, days.horizon_hours, slices.slice,
        case
            when slices.slice = 'provider' then coalesce(days.mailbox_provider, 'other')
            else 'all'
        end as mailbox_provider,
        case when slices.slice = 'identity' then coalesce(days.from_domain, 'unknown') else 'all' end as from_domain,
        case
            when slices.slice = 'identity' then coalesce(days.configuration_set, 'none')
            else 'all'
        end as configuration_set,
        case
            when days.campaign_id is not null then 'campaign'
            when days.journey_id is not null then 'journey'
            else 'transactional'
        end as kind_of_mail,
        sum(days.observed_sent) as observed_sent,
        sum(days.observed_delivered) as observed_delivered,
        sum(days.volume_sent) as volume_sent,
        sum(days.volume_hard_bounces) as volume_hard_bounces,
        sum(days.volume_soft_bounces) as volume_soft_bounces,
        sum(days.feedback_delivered) as feedback_delivered,
        sum(days.feedback_complaints) as feedback_complaints,
        sum(days.open_trackable) as open_trackable,
        sum(days.unique_human_opens) as unique_human_opens,
        sum(days.click_trackable) as click_trackable,
        sum(days.unique_clicks) as unique_clicks,
        sum(days.unique_human_clicks) as unique_human_clicks,
        sum(days.unsubscribe_delivered) as unsubscribe_delivered,
        sum(days.unsubscribes) as unsubscribes
    from days
    cross join slices
    group by 1, 2, 3, 4, 5, 6, 7
),

rates as (
    select
        *,
        metric || ' ' || mailbox_provider || ' ' || from_domain || ' ' || configuration_set as series,
        cast(
            case metric
                when 'delivery_rate' then observed_delivered
                when 'hard_bounce_rate' then volume_hard_bounces
                when 'soft_bounce_rate' then volume_soft_bounces
                when 'complaint_rate' then feedback_complaints
                when 'human_open_rate' then unique_human_opens
                when 'unique_click_rate' then unique_clicks
                when 'human_click_rate' then unique_human_clicks
                when 'unsubscribe_rate' then unsubscribes
            end as double
        ) as counted,
        cast(
            case metric
                when 'delivery_rate' then observed_sent
                when 'hard_bounce_rate' then volume_sent
                when 'soft_bounce_rate' then volume_sent
                when 'complaint_rate' then feedback_delivered
                when 'human_open_rate' then open_trackable
                when 'unique_click_rate' then click_trackable
                when 'human_click_rate' then click_trackable
                when 'unsubscribe_rate' then unsubscribe_delivered
            end as double
        ) as volume
    from sliced
    inner join metrics on sliced.horizon_hours = metrics.judged_hours
),

-- First look: each day by the sendings before it, whatever they were.
before as (
    select
        *,
        min(from_domain || ' ' || configuration_set) over (partition by metric, slice)
        <> max(from_domain || ' ' || configuration_set) over (partition by metric, slice) as has_identities,
        sum(volume) over (
            partition by series, kind_of_mail order by send_date rows between 28 preceding and 1 preceding
        ) as past_volume,
        sum(counted) over (
            partition by series, kind_of_mail order by send_date rows between 28 preceding and 1 preceding
        ) as past_counted,
        sum(counted * counted) over (
            partition by series, kind_of_mail order by send_date rows between 28 preceding and 1 preceding
        ) as past_squares,
        sum(counted * volume) over (
            partition by series, kind_of_mail order by send_date rows between 28 preceding and 1 preceding
        ) as past_products,
        sum(volume * volume) over (
            partition by series, kind_of_mail order by send_date rows between 28 preceding and 1 preceding
        ) as past_volume_squares,
        coalesce(
            sum(volume) over (
                partition by series, kind_of_mail, day_of_week(send_date)
                order by send_date rows between 4 preceding and 1 preceding
            ),
            0e0
        ) as weekday_volume,
        coalesce(
            sum(counted) over (
                partition by series, kind_of_mail, day_of_week(send_date)
                order by send_date rows between 4 preceding and 1 preceding
            ),
            0e0
        ) as weekday_counted
    from rates
    -- What a person does can outnumber the deliveries that are known; no rate is above 1.
    where volume > 0 and counted <= volume
),

-- Of a rate above one half, what is missing is counted: it is what is rare.
first_sided as (
    select
        *,
        (past_counted + 0.5e0) / nullif(past_volume + 1e0, 0) as first_rate,
        (past_counted + 0.5e0) / nullif(past_volume + 1e0, 0) > 0.5e0 as is_first_flipped
    from before
    cross join settings
),

first_expected as (
    select
        *,
        case when is_first_flipped then volume - counted else counted end as first_rare,
        least(
            least(first_rate, 1e0 - first_rate)
            * (
                case when is_first_flipped then weekday_volume - weekday_counted else weekday_counted end
                + weekday_prior
            )
            / nullif(weekday_volume * least(first_rate, 1e0 - first_rate) + weekday_prior, 0),
            0.9e0
        ) as first_share,
        least(
            greatest(
                (
                    past_squares - 2e0 * first_rate * past_products + first_rate * first_rate * past_volume_squares
                    - first_rate * (1e0 - first_rate) * past_volume
                )
                / nullif(power(least(first_rate, 1e0 - first_rate), 2) * past_volume_squares, 0),
                0e0
            ),
            0.25e0
        ) as first_spread
    from first_sided
),

strayed as (
    select
        *,
        coalesce(
            abs(first_rare - volume * first_share)
            > 1.5e0 + 6e0 * sqrt(
                volume * first_share * (1e0 - first_share)
                + power(volume * first_share, 2)
                * (4e-4 + first_spread + (1e0 - first_share) / nullif(past_volume * first_share, 0))
            ),
            false
        ) as is_stray
    from first_expected
),

-- Second look: without the days that were out of the ordinary.
after as (
    select
        *,
        count(*) over (
            partition by series, kind_of_mail order by send_date rows between 28 preceding and 1 preceding
        ) as sendings,
        min(send_date) over (
            partition by series, kind_of_mail order by send_date rows between 28 preceding and 1 preceding
        ) as first_sending_date,
        sum(case when not is_stray then volume end) over (
            partition by series, kind_of_mail order by send_date rows between 28 preceding and 1 preceding
        ) as kept_volume,
        sum(case when not is_stray then counted end) over (
            partition by series, kind_of_mail order by send_date rows between 28 preceding and 1 preceding
        ) as kept_counted,
        coalesce(
            sum(case when not is_stray then volume end) over (
                partition by series, kind_of_mail, day_of_week(send_date)
                order by send_date rows between 4 preceding and 1 preceding
            ),
            0e0
        ) as kept_weekday_volume,
        coalesce(
            sum(case when not is_stray then counted end) over (
                partition by series, kind_of_mail, day_of_week(send_date)
                order by send_date rows between 4 preceding and 1 preceding
            ),
            0e0
        ) as kept_weekday_counted,
        sum(case when not is_stray then 1e0 end) over (
            partition by series, kind_of_mail, day_of_week(send_date)
            order by send_date rows between 3 preceding and current row
        ) as like_days,
        sum(case when not is_stray then volume end) over (
            partition by series, kind_of_mail, day_of_week(send_date)
            order by send_date rows between 3 preceding and current row
        ) as like_volume,
        sum(case when not is_stray then counted end) over (
            partition by series, kind_of_mail, day_of_week(send_date)
            order by send_date rows between 3 preceding and current row
        ) as like_counted,
        sum(case when not is_stray then counted * counted end) over (
            partition by series, kind_of_mail, day_of_week(send_date)
            order by send_date rows between 3 preceding and current row
        ) as like_squares,
        sum(case when not is_stray then counted * volume end) over (
            partition by series, kind_of_mail, day_of_week(send_date)
            order by send_date rows between 3 preceding and current row
        ) as like_products,
        sum(case when not is_stray then volume * volume end) over (
            partition by series, kind_of_mail, day_of_week(send_date)
            order by send_date rows between 3 preceding and current row
        ) as like_volume_squares
    from strayed
),

sided as (
    select
        *,
        (kept_counted + 0.5e0) / nullif(kept_volume + 1e0, 0) as kept_rate,
        (kept_counted + 0.5e0) / nullif(kept_volume + 1e0, 0) > 0.5e0 as is_flipped
    from after
    where slice <> 'identity' or has_identities
),

-- A day and the three of its weekday before it: what is expected of all four. They lean to their own rate more than
-- anomaly_weekday_prior has it, as what every such day has is no unevenness.
grouped as (
    select
        *,
        case when is_flipped then like_volume - like_counted else like_counted end as like_rare,
        least(
            least(kept_rate, 1e0 - kept_rate)
            * (case when is_flipped then like_volume - like_counted else like_counted end + 10e0)
            / nullif(like_volume * least(kept_rate, 1e0 - kept_rate) + 10e0, 0),
            0.9e0
        ) as like_share
    from sided
),

-- How much of their differences is left, as their own mean has taken some of it.
freed as (
    select
        *,
        1e0
        - like_rare / nullif(like_rare + 10e0, 0) / nullif(like_days, 0)
        - 10e0 / nullif(like_rare + 10e0, 0) / nullif(sendings + 1, 0) as freedom,
        case when is_flipped then 1e0 - like_share else like_share end as like_rate,
        like_volume * like_share / nullif(like_days, 0) + 1e0 as like_mean
    from grouped
),

-- How far the four were off beyond chance, what a relative variance of one would make of that, and chance's variance.
differing as (
    select
        *,
        case
            when not is_stray
                then (
                    like_squares
                    - 2e0 * like_rate * like_products
                    + like_rate * like_rate * like_volume_squares
                    - freedom * like_volume * like_share * (1e0 - like_share)
                ) / nullif(like_mean * like_days, 0)
        end as excess,
        case
            when not is_stray
                then freedom * like_share * like_share * like_volume_squares / nullif(like_mean * like_days, 0)
        end as weight,
        case
            when not is_stray
                then freedom
                    * (2e0 * like_share * like_share * like_volume_squares + like_volume * like_share)
                    / nullif(like_mean * like_mean * like_days, 0)
        end as excess_variance
    from freed
),

remembered as (
    select
        *,
        coalesce(
            sum(excess) over (
                partition by series, kind_of_mail order by send_date rows between 28 preceding and 1 preceding
            ),
            0e0
        ) as excesses,
        coalesce(
            sum(weight) over (
                partition by series, kind_of_mail order by send_date rows between 28 preceding and 1 preceding
            ),
            0e0
        ) as weights,
        coalesce(
            sum(excess_variance) over (
                partition by series, kind_of_mail order by send_date rows between 28 preceding and 1 preceding
            ),
            0e0
        ) as excess_variances,
        coalesce(
            sum(case when excess is not null then freedom end) over (
                partition by series, kind_of_mail order by send_date rows between 28 preceding and 1 preceding
            ),
            0e0
        ) as freedoms
    from differing
),

-- The relative variance of days beyond chance: 0.2 is presumed, which weighs as much as 20 counts, and something is
-- taken off for chance. It is more where few days tell, and where it is large beyond doubt.
spread as (
    select
        *,
        greatest(4e0 + excesses - 0.5e0 * sqrt(excess_variances), 0e0)
        / nullif(20e0 + weights, 0)
        * (1.5e0 + 9e0 / nullif(greatest(freedoms, 1e0), 0))
        * (
            1e0
            + 20e0 * least(
                greatest(4e0 + excesses - 3e0 * sqrt(excess_variances), 0e0) / nullif(20e0 + weights, 0),
                1e0
            )
        ) as day_spread
    from remembered
),

shared as (
    select
        *,
        case when is_flipped then kept_volume - kept_counted else kept_counted end as kept_rare,
        case
            when is_flipped then kept_weekday_volume - kept_weekday_counted
            else kept_weekday_counted
        end as weekday_rare,
        least(
            least(kept_rate, 1e0 - kept_rate)
            * (
                case
                    when is_flipped then kept_weekday_volume - kept_weekday_counted
                    else kept_weekday_counted
                end + weekday_prior
            )
            / nullif(kept_weekday_volume * least(kept_rate, 1e0 - kept_rate) + weekday_prior, 0),
            0.9e0
        ) as share
    from spread
    where sendings >= min_sendings
        and date_diff('day', first_sending_date, send_date) >= min_days
),

-- What is expected of a kind of mail: its mean, its variance by chance, and how much the mean itself may be off.
expected as (
    select
        *,
        min(kind_of_mail) over (partition by series, send_date)
        <> max(kind_of_mail) over (partition by series, send_date) as has_kinds,
        volume * case when is_flipped then 1e0 - share else share end as mean,
        volume * share * (1e0 - share) as chance,
        power(volume * share, 2)
        * (
            4e-4
            + day_spread
            + (1e0 - share) / nullif(kept_rare + 0.5e0, 0)
            + weekday_rare * (1e0 - share) / nullif(power(weekday_rare + weekday_prior, 2), 0)
        ) as variance
    from shared
),

combined as (
    select
        send_date, metric, horizon_hours, mailbox_provider, from_domain, configuration_set,
        case when is_combined then 'all' else kind_of_mail end as mail_kind,
        min_volume, min_excess,
        case
            when metric in ('human_open_rate', 'unique_click_rate', 'human_click_rate') then engagement_z
            else deliverability_z
        end as limit_z,
        sum(counted) as counted,
        sum(volume) as volume,
        -- Sums of fractions in one order, as another one would change their last digits.
        coalesce(max(case when kind_of_mail = 'campaign' then mean end), 0e0)
        + coalesce(max(case when kind_of_mail = 'journey' then mean end), 0e0)
        + coalesce(max(case when kind_of_mail = 'transactional' then mean end), 0e0) as mean,
        coalesce(max(case when kind_of_mail = 'campaign' then chance end), 0e0)
        + coalesce(max(case when kind_of_mail = 'journey' then chance end), 0e0)
        + coalesce(max(case when kind_of_mail = 'transactional' then chance end), 0e0) as chance,
        coalesce(max(case when kind_of_mail = 'campaign' then variance end), 0e0)
        + coalesce(max(case when kind_of_mail = 'journey' then variance end), 0e0)
        + coalesce(max(case when kind_of_mail = 'transactional' then variance end), 0e0) as variance,
        max(sendings) as baseline_days
    from expected
    cross join groupings
    where is_combined or has_kinds
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
),

turned as (
    select
        *,
        mean > 0.5e0 * volume as is_reversed
    from combined
    where volume >= min_volume
),

measured as (
    select
        *,
        case when is_reversed then volume - counted else counted end as rare,
        case when is_reversed then volume - mean else mean end as rare_mean,
        -- Counts are scaled so that their variance by chance is their mean, as a Poisson variate's is.
        chance / nullif(case when is_reversed then volume - mean else mean end, 0) as scale,
        power(case when is_reversed then volume - mean else mean end, 2) / nullif(variance, 0) as shape,
        sqrt(chance + variance) / nullif(case when is_reversed then volume - mean else mean end, 0) as variation
    from turned
),

-- A step of their own, as DuckDB computes beta_cdf's arguments anew in each of its terms.
scaled as (
    select
        *,
        (rare + 0.5e0) / nullif(scale, 0) as scaled_rare,
        rare_mean / nullif(rare_mean + scale * shape, 0) as mean_share,
        scale * shape / nullif(rare_mean + scale * shape, 0) as shape_share
    from measured
),

tailed as (
    select
        *,
        case
            when rare >= rare_mean then beta_cdf(scaled_rare, shape, mean_share)
            else beta_cdf(shape, scaled_rare, shape_share)
        end as tail,
        -- Wilson and Hilferty's quantile of a gamma variate with this mean and variance (PNAS 17, 1931).
        1e0 - power(variation, 2) / nullif(9e0, 0) as middle,
        limit_z * variation / nullif(3e0, 0) as reach
    from scaled
),

deep as (
    select
        *,
        sqrt(-2e0 * ln(greatest(tail, 1e-300))) as depth
    from tailed
),

scored as (
    select
        *,
        case when is_reversed = (rare >= rare_mean) then 1e0 else -1e0 end
        * case
            -- Trino's own goes by 2 p - 1, which is -1 for p below 1e-17, and gives infinity: so far out it is P. J.
            -- Acklam's rational function of the tail (2003).
            when tail < 1e-7
                then (
                    (
                        (
                            ((-7.784894002430293e-3 * depth - 3.223964580411365e-1) * depth - 2.400758277161838e0)
                            * depth - 2.549732539343734e0
                        ) * depth + 4.374664141464968e0
                    ) * depth + 2.938163982698783e0
                ) / nullif(
                    (
                        ((7.784695709041462e-3 * depth + 3.224671290700398e-1) * depth + 2.445134137142996e0) * depth
                        + 3.754408661907416e0
                    ) * depth + 1e0,
                    0
                )
            else inverse_normal_cdf(0, 1, tail)
        end as z_score,
        counted / nullif(volume, 0) as rate,
        mean / nullif(volume, 0) as expected_rate,
        case
            when is_reversed then volume - rare_mean * power(middle + reach, 3)
            else rare_mean * power(greatest(middle - reach, 0e0), 3)
        end / nullif(volume, 0) as low,
        case
            when is_reversed then volume - rare_mean * power(greatest(middle - reach, 0e0), 3)
            else rare_mean * power(middle + reach, 3)
        end / nullif(volume, 0) as high
    from deep
),

final as (
    select
        send_date, metric, mailbox_provider, from_domain, configuration_set, mail_kind, horizon_hours,
        cast(counted as bigint) as numerator,
        cast(volume as bigint) as denominator,
        rate, expected_rate,
        -- The band's ends are approximations, the score is not: where they differ the score decides.
        case
            when z_score < -limit_z then greatest(least(greatest(low, 0e0), expected_rate), rate)
            else least(greatest(low, 0e0), rate, expected_rate)
        end as expected_low,
        case
            when z_score > limit_z then least(greatest(least(high, 1e0), expected_rate), rate)
            else greatest(least(high, 1e0), rate, expected_rate)
        end as expected_high,
        z_score,
        abs(z_score) > limit_z and abs(counted - mean) >= min_excess as is_anomaly,
        (z_score < 0) = (
            metric in ('delivery_rate', 'human_open_rate', 'unique_click_rate', 'human_click_rate')
        ) as is_worse,
        baseline_days
    from scored
)

select * from final
