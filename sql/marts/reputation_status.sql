/*
Whether an identity is in danger of losing its reputation: rolling rates against the thresholds of Amazon SES and of
Gmail and Yahoo (seed thresholds). SES judges a moving "representative volume" that it doesn't publish; as an
approximation these are the latest 10,000 sends (seed settings, reputation_sends), made up to whole minutes, however
long ago. Below reputation_min_sends, or where no provider tells of complaints, a status is not_observable. Gmail tells
senders of none: see its Postmaster Tools. One row per From domain and configuration set.

clock: cohort
grain: from_domain, configuration_set
columns:
    from_domain              varchar      = recipient_messages
    configuration_set        varchar      = recipient_messages
    first_sent_at            timestamp(3) The minute of the earliest of these sends.
    last_sent_at             timestamp(3) The minute of the latest.
    sent                     bigint       Recipient-messages among these sends, simulator addresses left out, as from
                                          all counts.
    reputation_sent          bigint       = deliverability_facts
    reputation_hard_bounces  bigint       = deliverability_facts
    reputation_bounce_rate   double       reputation_hard_bounces / reputation_sent.
    bounce_status            varchar      By SES's thresholds: `critical` from ses_bounce_pause, `warning` from
                                          ses_bounce_review, else `ok`; or `not_observable`.
    is_bounce_recommended    boolean      reputation_bounce_rate is below ses_bounce_recommended.
    feedback_delivered       bigint       = deliverability_facts
    feedback_complaints      bigint       = deliverability_facts
    complaint_rate           double       feedback_complaints / feedback_delivered.
    complaint_status         varchar      By SES's thresholds: `critical` from ses_complaint_pause, `warning` from
                                          ses_complaint_review, else `ok`; or `not_observable`.
    gmail_yahoo_delivered    bigint       Of feedback_delivered: to Gmail and Yahoo, as far as they tell of complaints.
    gmail_yahoo_complaints   bigint       Of gmail_yahoo_delivered: complained.
    gmail_yahoo_spam_rate    double       gmail_yahoo_complaints / gmail_yahoo_delivered.
    gmail_yahoo_status       varchar      By their sender requirements: `critical` from gmail_yahoo_spam_limit,
                                          `warning` from gmail_yahoo_spam_recommended, else `ok`; or `not_observable`.
    status                   varchar      The worst of the three that can be observed.
*/
with outcomes as (
    select *
    from message_outcomes
    where not is_simulator and is_sent
),

thresholds as (
    select
        max(case when name = 'ses_bounce_recommended' then value end) as bounce_recommended,
        max(case when name = 'ses_bounce_review' then value end) as bounce_warning,
        max(case when name = 'ses_bounce_pause' then value end) as bounce_critical,
        max(case when name = 'ses_complaint_review' then value end) as complaint_warning,
        max(case when name = 'ses_complaint_pause' then value end) as complaint_critical,
        max(case when name = 'gmail_yahoo_spam_recommended' then value end) as spam_warning,
        max(case when name = 'gmail_yahoo_spam_limit' then value end) as spam_critical
    from seed_thresholds
),

settings as (
    select
        max(case when name = 'reputation_sends' then cast(value as bigint) end) as volume,
        max(case when name = 'reputation_min_sends' then cast(value as bigint) end) as min_sends
    from seed_settings
    where name in ('reputation_sends', 'reputation_min_sends')
),

minutes as (
    select
        from_domain,
        configuration_set,
        date_trunc('minute', sent_at) as sent_minute,
        count(*) as sent,
        count_if(not is_suppressed) as reputation_sent,
        count_if(bounce_kind = 'hard' and not is_suppressed) as reputation_hard_bounces,
        count_if(is_delivered and has_complaint_feedback) as feedback_delivered,
        count_if(is_delivered and has_complaint_feedback and complained_at is not null) as feedback_complaints,
        count_if(
            is_delivered
            and has_complaint_feedback
            and mailbox_provider in ('gmail', 'yahoo')
        ) as gmail_yahoo_delivered,
        count_if(
            is_delivered
            and has_complaint_feedback
            and mailbox_provider in ('gmail', 'yahoo')
            and complained_at is not null
        ) as gmail_yahoo_complaints
    from outcomes
    group by from_domain, configuration_set, date_trunc('minute', sent_at)
),

ranked as (
    select
        *,
        sum(sent) over (
            partition by from_domain, configuration_set
            order by sent_minute desc
            rows unbounded preceding
        ) - sent as sent_later
    from minutes
),

latest as (
    select *
    from ranked
    cross join settings
    where sent_later < volume
),

sums as (
    select
        from_domain,
        configuration_set,
        min_sends,
        min(sent_minute) as first_sent_at,
        max(sent_minute) as last_sent_at,
        cast(sum(sent) as bigint) as sent,
        cast(sum(reputation_sent) as bigint) as reputation_sent,
        cast(sum(reputation_hard_bounces) as bigint) as reputation_hard_bounces,
        cast(sum(feedback_delivered) as bigint) as feedback_delivered,
        cast(sum(feedback_complaints) as bigint) as feedback_complaints,
        cast(sum(gmail_yahoo_delivered) as bigint) as gmail_yahoo_delivered,
        cast(sum(gmail_yahoo_complaints) as bigint) as gmail_yahoo_complaints
    from latest
    group by from_domain, configuration_set, min_sends
),

rates as (
    select
        *,
        cast(reputation_hard_bounces as double) / nullif(reputation_sent, 0) as reputation_bounce_rate,
        cast(feedback_complaints as double) / nullif(feedback_delivered, 0) as complaint_rate,
        cast(gmail_yahoo_complaints as double) / nullif(gmail_yahoo_delivered, 0) as gmail_yahoo_spam_rate
    from sums
),

judged as (
    select
        *,
        case
            when reputation_sent < min_sends or reputation_bounce_rate is null then 'not_observable'
            when reputation_bounce_rate >= bounce_critical then 'critical'
            when reputation_bounce_rate >= bounce_warning then 'warning'
            else 'ok'
        end as bounce_status,
        reputation_bounce_rate < bounce_recommended as is_bounce_recommended,
        case
            when feedback_delivered < min_sends or complaint_rate is null then 'not_observable'
            when complaint_rate >= complaint_critical then 'critical'
            when complaint_rate >= complaint_warning then 'warning'
            else 'ok'
        end as complaint_status,
        case
            when gmail_yahoo_delivered < min_sends or gmail_yahoo_spam_rate is null then 'not_observable'
            when gmail_yahoo_spam_rate >= spam_critical then 'critical'
            when gmail_yahoo_spam_rate >= spam_warning then 'warning'
            else 'ok'
        end as gmail_yahoo_status
    from rates
    cross join thresholds
),

final as (
    select
        from_domain,
        configuration_set,
        first_sent_at,
        last_sent_at,
        sent,
        reputation_sent,
        reputation_hard_bounces,
        reputation_bounce_rate,
        bounce_status,
        is_bounce_recommended,
        feedback_delivered,
        feedback_complaints,
        complaint_rate,
        complaint_status,
        gmail_yahoo_delivered,
        gmail_yahoo_complaints,
        gmail_yahoo_spam_rate,
        gmail_yahoo_status,
        case
            when 'critical' in (bounce_status, complaint_status, gmail_yahoo_status) then 'critical'
            when 'warning' in (bounce_status, complaint_status, gmail_yahoo_status) then 'warning'
            when 'ok' in (bounce_status, complaint_status, gmail_yahoo_status) then 'ok'
            else 'not_observable'
        end as status
    from judged
)

select * from final
