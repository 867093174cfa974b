/*
A/B tests: how each treatment of a campaign did against the control. Rates have 95 % Wilson score intervals (Wilson,
JASA 22, 1927, 209–212), differences two-sided z-tests of two proportions with pooled variance (Illowsky and Dean,
Collaborative Statistics, Connexions m17043). The control is the treatment called control, in any case, else the first
by name: Pinpoint calls its default 0. p-values are multiplied by the number of treatments that are compared with the
control (Bonferroni), for each rate by itself; where fewer than 5 are expected in a cell there is no test, and the
p-value is NULL. Campaigns with one treatment are left out. One row per campaign and treatment.

clock: cohort
grain: campaign_id, treatment_id
columns:
    campaign_id, treatment_id = recipient_messages
    is_control                       boolean The others are compared with this one.
    control_treatment_id             varchar The treatment that this one is compared with.
    treatments                       bigint  How many treatments the campaign has, the control included.
    first_send_date, last_send_date = deliverability_by_campaign
    sent, delivered, trackable_delivered, unique_opens, unique_clicks, unique_human_opens = deliverability_facts
    unsubscribes, unique_human_clicks, observed_sent, observed_delivered, open_trackable = deliverability_facts
    click_trackable, unsubscribe_delivered = deliverability_facts
    delivery_rate                    double  = deliverability_by_campaign
    delivery_rate_low                double  Lower end of the 95 % interval of delivery_rate.
    delivery_rate_high               double  Upper end of the 95 % interval of delivery_rate.
    delivery_rate_difference         double  delivery_rate less that of the control; NULL for the control.
    delivery_rate_p_value            double  Chance of a difference as large as this if there were none, corrected for
                                             the number of treatments; NULL for the control and where there is too
                                             little mail for a test.
    is_delivery_rate_significant     boolean delivery_rate_p_value is below 0.05; NULL where there is no test.
    human_open_rate                  double  = deliverability_by_campaign
    human_open_rate_low              double  Lower end of the 95 % interval of human_open_rate.
    human_open_rate_high             double  Upper end of the 95 % interval of human_open_rate.
    human_open_rate_difference       double  human_open_rate less that of the control; NULL for the control.
    human_open_rate_p_value          double  Chance of a difference as large as this if there were none, corrected for
                                             the number of treatments; NULL for the control and where there is too
                                             little mail for a test.
    is_human_open_rate_significant   boolean human_open_rate_p_value is below 0.05; NULL where there is no test.
    unique_click_rate                double  = deliverability_by_campaign
    unique_click_rate_low            double  Lower end of the 95 % interval of unique_click_rate.
    unique_click_rate_high           double  Upper end of the 95 % interval of unique_click_rate.
    unique_click_rate_difference     double  unique_click_rate less that of the control; NULL for the control.
    unique_click_rate_p_value        double  Chance of a difference as large as this if there were none, corrected for
                                             the number of treatments; NULL for the control and where there is too
                                             little mail for a test.
    is_unique_click_rate_significant boolean unique_click_rate_p_value is below 0.05; NULL where there is no test.
    unsubscribe_rate                 double  = deliverability_by_campaign
    unsubscribe_rate_low             double  Lower end of the 95 % interval of unsubscribe_rate.
    unsubscribe_rate_high            double  Upper end of the 95 % interval of unsubscribe_rate.
    unsubscribe_rate_difference      double  unsubscribe_rate less that of the control; NULL for the control.
    unsubscribe_rate_p_value         double  Chance of a difference as large as this if there were none, corrected for
                                             the number of treatments; NULL for the control and where there is too
                                             little mail for a test.
    is_unsubscribe_rate_significant  boolean unsubscribe_rate_p_value is below 0.05; NULL where there is no test.
    human_click_rate                 double  = deliverability_by_campaign
    human_click_rate_low             double  Lower end of the 95 % interval of human_click_rate.
    human_click_rate_high            double  Upper end of the 95 % interval of human_click_rate.
    human_click_rate_difference      double  human_click_rate  less that of the control; NULL for the control.
    human_click_rate_p_value         double  Chance of a difference as large as this if there were none, corrected for
                                             the number of treatments; NULL for the control and where there is too
                                             little mail for a test.
    is_human_click_rate_significant  boolean human_click_rate_p_value is below 0.05; NULL where there is no test.
    is_mature                        boolean = deliverability_by_campaign
*/
with facts as (
    select *
    from deliverability_facts
    where campaign_id is not null and treatment_id is not null
),

settings as (
    select cast(value as integer) as attribution_days
    from seed_settings
    where name = 'attribution_days'
),

sums as (
    select
        campaign_id, treatment_id,
        min(send_date) as first_send_date,
        max(send_date) as last_send_date,
        cast(sum(sent) as bigint) as sent,
        cast(sum(delivered) as bigint) as delivered,
        cast(sum(trackable_delivered) as bigint) as trackable_delivered,
        cast(sum(unique_opens) as bigint) as unique_opens,
        cast(sum(unique_clicks) as bigint) as unique_clicks,
        cast(sum(unique_human_opens) as bigint) as unique_human_opens,
        cast(sum(unsubscribes) as bigint) as unsubscribes,
        cast(sum(unique_human_clicks) as bigint) as unique_human_clicks,
        cast(sum(observed_sent) as bigint) as observed_sent,
        cast(sum(observed_delivered) as bigint) as observed_delivered,
        cast(sum(open_trackable) as bigint) as open_trackable,
        cast(sum(click_trackable) as bigint) as click_trackable,
        cast(sum(hidden_opens) as bigint) as hidden_opens,
        cast(sum(unsubscribe_delivered) as bigint) as unsubscribe_delivered
    from facts
    where sent > 0
    group by campaign_id, treatment_id
),

arms as (
    select
        *,
        count(*) over (partition by campaign_id) as treatments,
        row_number() over (
            partition by campaign_id
            order by case when lower(treatment_id) = 'control' then 0 else 1 end, treatment_id
        ) as place
    from sums
),

rates as (
    select *
    from (
        values
            ('delivery_rate'), ('human_open_rate'), ('unique_click_rate'), ('unsubscribe_rate'), ('human_click_rate')
    ) as listed (rate)
),

measured as (
    select
        *,
        case rate
            when 'delivery_rate' then observed_delivered
            when 'human_open_rate' then unique_human_opens
            when 'unique_click_rate' then unique_clicks
            when 'human_click_rate' then unique_human_clicks
            when 'unsubscribe_rate' then unsubscribes
        end as successes,
        case rate
            when 'delivery_rate' then observed_sent
            when 'human_open_rate' then case when hidden_opens < 0.9 * greatest(unique_opens, 1) then open_trackable end
            when 'unique_click_rate' then click_trackable
            when 'human_click_rate' then click_trackable
            when 'unsubscribe_rate' then unsubscribe_delivered
        end as trials
    from arms
    cross join rates
    where treatments > 1
),

compared as (
    select
        *,
        first_value(treatment_id) over (partition by campaign_id, rate order by place) as control_treatment_id,
        first_value(successes) over (partition by campaign_id, rate order by place) as control_successes,
        first_value(trials) over (partition by campaign_id, rate order by place) as control_trials
    from measured
),

pooled as (
    select
        *,
        cast(successes as double) / nullif(trials, 0) as share,
        cast(control_successes as double) / nullif(control_trials, 0) as control_share,
        cast(successes + control_successes as double) / nullif(trials + control_trials, 0) as pooled_share,
        1e0 / nullif(trials, 0) + 1e0 / nullif(control_trials, 0) as reciprocals,
        least(trials, control_trials) as fewest_trials
    from compared
),

tested as (
    select
        *,
        greatest(wilson_interval_lower(least(successes, trials), nullif(trials, 0), 1.959963984540054), 0e0) as low,
        least(wilson_interval_upper(least(successes, trials), nullif(trials, 0), 1.959963984540054), 1e0) as high,
        case when place > 1 then share - control_share end as difference,
        case
            when place > 1 and fewest_trials * least(pooled_share, 1 - pooled_share) >= 5
                then least(
                    2 * (treatments - 1) * normal_cdf(
                        0,
                        1,
                        -abs(share - control_share)
                        / nullif(sqrt(pooled_share * (1 - pooled_share) * reciprocals), 0)
                    ),
                    1e0
                )
        end as p_value
    from pooled
),

pivoted as (
    select
        campaign_id, treatment_id, place, control_treatment_id, treatments, first_send_date, last_send_date, sent,
        delivered, trackable_delivered, unique_opens, unique_clicks, unique_human_opens, unsubscribes,
        unique_human_clicks, observed_sent, observed_delivered, open_trackable, click_trackable, unsubscribe_delivered,
        max(case when rate = 'delivery_rate' then share end) as delivery_rate,
        max(case when rate = 'delivery_rate' then low end) as delivery_rate_low,
        max(case when rate = 'delivery_rate' then high end) as delivery_rate_high,
        max(case when rate = 'delivery_rate' then difference end) as delivery_rate_difference,
        max(case when rate = 'delivery_rate' then p_value end) as delivery_rate_p_value,
        max(case when rate = 'human_open_rate' then share end) as human_open_rate,
        max(case when rate = 'human_open_rate' then low end) as human_open_rate_low,
        max(case when rate = 'human_open_rate' then high end) as human_open_rate_high,
        max(case when rate = 'human_open_rate' then difference end) as human_open_rate_difference,
        max(case when rate = 'human_open_rate' then p_value end) as human_open_rate_p_value,
        max(case when rate = 'unique_click_rate' then share end) as unique_click_rate,
        max(case when rate = 'unique_click_rate' then low end) as unique_click_rate_low,
        max(case when rate = 'unique_click_rate' then high end) as unique_click_rate_high,
        max(case when rate = 'unique_click_rate' then difference end) as unique_click_rate_difference,
        max(case when rate = 'unique_click_rate' then p_value end) as unique_click_rate_p_value,
        max(case when rate = 'unsubscribe_rate' then share end) as unsubscribe_rate,
        max(case when rate = 'unsubscribe_rate' then low end) as unsubscribe_rate_low,
        max(case when rate = 'unsubscribe_rate' then high end) as unsubscribe_rate_high,
        max(case when rate = 'unsubscribe_rate' then difference end) as unsubscribe_rate_difference,
        max(case when rate = 'unsubscribe_rate' then p_value end) as unsubscribe_rate_p_value,
        max(case when rate = 'human_click_rate' then share end) as human_click_rate,
        max(case when rate = 'human_click_rate' then low end) as human_click_rate_low,
        max(case when rate = 'human_click_rate' then high end) as human_click_rate_high,
        max(case when rate = 'human_click_rate' then difference end) as human_click_rate_difference,
        max(case when rate = 'human_click_rate' then p_value end) as human_click_rate_p_value
    from tested
    group by
        campaign_id, treatment_id, place, control_treatment_id, treatments, first_send_date, last_send_date, sent,
        delivered, trackable_delivered, unique_opens, unique_clicks, unique_human_opens, unsubscribes,
        unique_human_clicks, observed_sent, observed_delivered, open_trackable, click_trackable, unsubscribe_delivered
),

final as (
    select
        campaign_id, treatment_id,
        place = 1 as is_control,
        control_treatment_id, treatments, first_send_date, last_send_date, sent, delivered, trackable_delivered,
        unique_opens, unique_clicks, unique_human_opens, unsubscribes, unique_human_clicks, observed_sent,
        observed_delivered, open_trackable, click_trackable, unsubscribe_delivered, delivery_rate, delivery_rate_low,
        delivery_rate_high, delivery_rate_difference, delivery_rate_p_value,
        delivery_rate_p_value < 0.05 as is_delivery_rate_significant,
        human_open_rate, human_open_rate_low, human_open_rate_high, human_open_rate_difference, human_open_rate_p_value,
        human_open_rate_p_value < 0.05 as is_human_open_rate_significant,
        unique_click_rate, unique_click_rate_low, unique_click_rate_high, unique_click_rate_difference,
        unique_click_rate_p_value,
        unique_click_rate_p_value < 0.05 as is_unique_click_rate_significant,
        unsubscribe_rate, unsubscribe_rate_low, unsubscribe_rate_high, unsubscribe_rate_difference,
        unsubscribe_rate_p_value,
        unsubscribe_rate_p_value < 0.05 as is_unsubscribe_rate_significant,
        human_click_rate, human_click_rate_low, human_click_rate_high, human_click_rate_difference,
        human_click_rate_p_value,
        human_click_rate_p_value < 0.05 as is_human_click_rate_significant,
        last_send_date + attribution_days * interval '1' day < current_date as is_mature
    from pivoted
    cross join settings
)

select * from final
