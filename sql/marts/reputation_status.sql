/*
Whether an account or an identity is in danger of losing its reputation: rolling rates against the thresholds of Amazon
SES and of Gmail and Yahoo (seed thresholds). SES judges each account in each region by a moving "representative volume"
that it doesn't publish; as an approximation these are the latest 10,000 sends (seed settings, reputation_sends), made
up to whole minutes, however long ago. A rate is `critical` or `warning` if it is above the line beyond chance: the
lower end of its 95 % Wilson score interval (Wilson, JASA 22, 1927, 209–212) is. So one complaint in 250 mails is
neither. A status is not_observable below reputation_min_sends, where bounces alone are published, and where no provider
tells of complaints. Gmail tells senders of none: see its Postmaster Tools. One row per account and region, and one row
per From domain and configuration set in it.

clock: cohort
grain: reputation_scope, account_id, region, from_domain, configuration_set
columns:
    reputation_scope         varchar      `account`: all mail of the account in the region, what SES judges;
                                          `identity`: that of a From domain and configuration set.
    account_id, region = recipient_messages
    from_domain              varchar      Domain of the From header; NULL for an account.
    configuration_set        varchar      Configuration set; NULL for an account, and for mail without one.
    first_sent_at            timestamp(3) The minute of the earliest of these sends.
    last_sent_at             timestamp(3) The minute of the latest.
    sent                     bigint       Recipient-messages among these sends, simulator addresses left out, as from
                                          all counts.
    hard_bounces, reputation_sent, reputation_hard_bounces = deliverability_facts
    reputation_bounce_rate   double       reputation_hard_bounces / reputation_sent.
    bounce_rate_low          double       Lower end of the 95 % interval of reputation_bounce_rate: what is compared.
    bounce_status            varchar      By SES's thresholds: `critical` from ses_bounce_pause, `warning` from
                                          ses_bounce_review, else `ok`; or `not_observable`.
    is_bounce_recommended    boolean      reputation_bounce_rate is below ses_bounce_recommended.
    feedback_delivered, feedback_complaints = deliverability_facts
    complaint_rate           double       feedback_complaints / feedback_delivered.
    complaint_rate_low       double       Lower end of the 95 % interval of complaint_rate: what is compared.
    complaint_status         varchar      By SES's thresholds: `critical` from ses_complaint_pause, `warning` from
                                          ses_complaint_review, else `ok`; or `not_observable`.
    gmail_delivered          bigint       Delivered to Gmail, which tells of no complaint.
    gmail_status             varchar      `not_observable` where there is mail to Gmail: its Postmaster Tools alone tell
                                          the spam rate. NULL where there is none.
    gmail_yahoo_delivered    bigint       Of feedback_delivered: to Yahoo, and to Gmail, of which there is none.
    gmail_yahoo_complaints   bigint       Of gmail_yahoo_delivered: complained.
    gmail_yahoo_spam_rate    double       gmail_yahoo_complaints / gmail_yahoo_delivered.
    gmail_yahoo_spam_rate_low double       Lower end of the 95 % interval of gmail_yahoo_spam_rate: what is compared.
    gmail_yahoo_status       varchar      By their sender requirements, for Yahoo: `critical` from
                                          gmail_yahoo_spam_limit, `warning` from gmail_yahoo_spam_recommended, else
                                          `ok`; or `not_observable`.
    status                   varchar      The worst of bounce_status, complaint_status and gmail_yahoo_status that can
                                          be observed.
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

scopes as (
    select *
    from (values ('account'), ('identity')) as listed (reputation_scope)
),

minutes as (
    select
        account_id, region, from_domain, configuration_set,
        date_trunc('minute', sent_at) as sent_minute,
        count(*) as sent,
        count_if(bounce_kind = 'hard') as hard_bounces,
        count_if(not is_suppressed and is_volume_observed) as reputation_sent,
        count_if(bounce_kind = 'hard' and is_volume_observed) as reputation_hard_bounces,
        count_if(is_presumed_delivered and is_complaint_observed) as feedback_delivered,
        count_if(is_presumed_delivered and is_complaint_observed and complained_at is not null) as feedback_complaints,
        count_if(is_presumed_delivered and mailbox_provider = 'gmail') as gmail_delivered,
        count_if(
            is_presumed_delivered and is_complaint_observed and mailbox_provider in ('gmail', 'yahoo')
        ) as gmail_yahoo_delivered,
        count_if(
            is_presumed_delivered
            and is_complaint_observed
            and mailbox_provider in ('gmail', 'yahoo')
            and complained_at is not null
        ) as gmail_yahoo_complaints
    from outcomes
    group by account_id, region, from_domain, configuration_set, date_trunc('minute', sent_at)
),

scoped as (
    select
        reputation_scope, account_id, region,
        case when reputation_scope = 'identity' then from_domain end as from_domain,
        case when reputation_scope = 'identity' then configuration_set end as configuration_set,
        sent_minute,
        sum(sent) as sent,
        sum(hard_bounces) as hard_bounces,
        sum(reputation_sent) as reputation_sent,
        sum(reputation_hard_bounces) as reputation_hard_bounces,
        sum(feedback_delivered) as feedback_delivered,
        sum(feedback_complaints) as feedback_complaints,
        sum(gmail_delivered) as gmail_delivered,
        sum(gmail_yahoo_delivered) as gmail_yahoo_delivered,
        sum(gmail_yahoo_complaints) as gmail_yahoo_complaints
    from minutes
    cross join scopes
    group by 1, 2, 3, 4, 5, 6
),

ranked as (
    select
        *,
        sum(sent) over (
            partition by reputation_scope, account_id, region, from_domain, configuration_set
            order by sent_minute desc
            rows unbounded preceding
        ) - sent as sent_later
    from scoped
),

latest as (
    select *
    from ranked
    cross join settings
    where sent_later < volume
),

sums as (
    select
        reputation_scope, account_id, region, from_domain, configuration_set, min_sends,
        min(sent_minute) as first_sent_at,
        max(sent_minute) as last_sent_at,
        cast(sum(sent) as bigint) as sent,
        cast(sum(hard_bounces) as bigint) as hard_bounces,
        cast(sum(reputation_sent) as bigint) as reputation_sent,
        cast(sum(reputation_hard_bounces) as bigint) as reputation_hard_bounces,
        cast(sum(feedback_delivered) as bigint) as feedback_delivered,
        cast(sum(feedback_complaints) as bigint) as feedback_complaints,
        cast(sum(gmail_delivered) as bigint) as gmail_delivered,
        cast(sum(gmail_yahoo_delivered) as bigint) as gmail_yahoo_delivered,
        cast(sum(gmail_yahoo_complaints) as bigint) as gmail_yahoo_complaints
    from latest
    group by reputation_scope, account_id, region, from_domain, configuration_set, min_sends
),

rates as (
    select
        *,
        cast(reputation_hard_bounces as double) / nullif(reputation_sent, 0) as reputation_bounce_rate,
        cast(feedback_complaints as double) / nullif(feedback_delivered, 0) as complaint_rate,
        cast(gmail_yahoo_complaints as double) / nullif(gmail_yahoo_delivered, 0) as gmail_yahoo_spam_rate,
        -- Two-sided 95 %: the standard normal's 97.5 % quantile.
        greatest(wilson_interval_lower(reputation_hard_bounces, nullif(reputation_sent, 0), 1.959963984540054), 0e0)
            as bounce_rate_low,
        greatest(wilson_interval_lower(feedback_complaints, nullif(feedback_delivered, 0), 1.959963984540054), 0e0)
            as complaint_rate_low,
        greatest(
            wilson_interval_lower(gmail_yahoo_complaints, nullif(gmail_yahoo_delivered, 0), 1.959963984540054),
            0e0
        ) as gmail_yahoo_spam_rate_low
    from sums
),

judged as (
    select
        *,
        case
            when reputation_sent < min_sends then 'not_observable'
            when bounce_rate_low >= bounce_critical then 'critical'
            when bounce_rate_low >= bounce_warning then 'warning'
            else 'ok'
        end as bounce_status,
        reputation_bounce_rate < bounce_recommended as is_bounce_recommended,
        case
            when feedback_delivered < min_sends then 'not_observable'
            when complaint_rate_low >= complaint_critical then 'critical'
            when complaint_rate_low >= complaint_warning then 'warning'
            else 'ok'
        end as complaint_status,
        case
            when gmail_yahoo_delivered < min_sends then 'not_observable'
            when gmail_yahoo_spam_rate_low >= spam_critical then 'critical'
            when gmail_yahoo_spam_rate_low >= spam_warning then 'warning'
            else 'ok'
        end as gmail_yahoo_status
    from rates
    cross join thresholds
),

final as (
    select
        reputation_scope, account_id, region, from_domain, configuration_set, first_sent_at, last_sent_at, sent,
        hard_bounces, reputation_sent, reputation_hard_bounces, reputation_bounce_rate, bounce_rate_low, bounce_status,
        is_bounce_recommended, feedback_delivered, feedback_complaints, complaint_rate, complaint_rate_low,
        complaint_status, gmail_delivered,
        case when gmail_delivered > 0 then 'not_observable' end as gmail_status,
        gmail_yahoo_delivered, gmail_yahoo_complaints, gmail_yahoo_spam_rate, gmail_yahoo_spam_rate_low,
        gmail_yahoo_status, case
            when 'critical' in (bounce_status, complaint_status, gmail_yahoo_status) then 'critical'
            when 'warning' in (bounce_status, complaint_status, gmail_yahoo_status) then 'warning'
            when 'ok' in (bounce_status, complaint_status, gmail_yahoo_status) then 'ok'
            else 'not_observable'
        end as status
    from judged
)

select * from final
