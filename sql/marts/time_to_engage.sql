/*
How soon people open and click the mail of a campaign: of all people who ever did, the share that had done so within a
number of hours after the delivery, or after the sending if the delivery's event was lost. Shares are of people; opens
and clicks by anyone or anything are counted beside them. Mail to several people, mail whose opens and clicks aren't
tracked, and mail of no campaign are left out. One row per campaign and hour from 0 to 72.

clock: cohort
grain: campaign_id, hours_since_delivery
columns:
    campaign_id           varchar = recipient_messages
    hours_since_delivery  bigint  Opened or clicked in less than so many hours after the delivery; at 0 before it.
    first_send_date, last_send_date = deliverability_by_campaign
    trackable_delivered   bigint  = deliverability_facts
    opened                bigint  Recipient-messages first opened within these hours, by anyone or anything.
    human_opened          bigint  Recipient-messages first opened by a person within these hours.
    human_opened_ever     bigint  Recipient-messages opened by a person, whenever.
    human_open_share      double  human_opened / human_opened_ever; NULL where nobody opened.
    clicked               bigint  Recipient-messages first clicked within these hours, by anyone or anything.
    human_clicked         bigint  Recipient-messages first clicked by a person within these hours.
    human_clicked_ever    bigint  Recipient-messages clicked by a person, whenever.
    human_click_share     double  human_clicked / human_clicked_ever; NULL where nobody clicked.
    is_mature             boolean = deliverability_by_campaign
*/
with settings as (
    select cast(value as integer) as attribution_days
    from seed_settings
    where name = 'attribution_days'
),

outcomes as (
    select
        *,
        coalesce(delivered_at, sent_at) as arrived_at
    from message_outcomes
    where campaign_id is not null and not is_simulator and is_trackable_delivered
),

timed as (
    select
        *,
        case
            when first_opened_at < arrived_at then 0
            else date_diff('hour', arrived_at, first_opened_at) + 1
        end as opened_within,
        case
            when first_human_opened_at < arrived_at then 0
            else date_diff('hour', arrived_at, first_human_opened_at) + 1
        end as human_opened_within,
        case
            when first_clicked_at < arrived_at then 0
            else date_diff('hour', arrived_at, first_clicked_at) + 1
        end as clicked_within,
        case
            when first_human_clicked_at < arrived_at then 0
            else date_diff('hour', arrived_at, first_human_clicked_at) + 1
        end as human_clicked_within
    from outcomes
),

hours as (
    select
        campaign_id, opened_within, human_opened_within, clicked_within, human_clicked_within,
        min(send_date) as first_send_date,
        max(send_date) as last_send_date,
        count(*) as mails
    from timed
    group by campaign_id, opened_within, human_opened_within, clicked_within, human_clicked_within
),

placed as (
    select *
    from hours
    cross join unnest(sequence(0, 72)) as listed (hours_since_delivery)
),

sums as (
    select
        campaign_id, hours_since_delivery,
        min(first_send_date) as first_send_date,
        max(last_send_date) as last_send_date,
        cast(sum(mails) as bigint) as trackable_delivered,
        coalesce(cast(sum(case when opened_within <= hours_since_delivery then mails end) as bigint), 0) as opened,
        coalesce(cast(sum(case when human_opened_within <= hours_since_delivery then mails end) as bigint), 0)
            as human_opened,
        coalesce(cast(sum(case when human_opened_within is not null then mails end) as bigint), 0) as human_opened_ever,
        coalesce(cast(sum(case when clicked_within <= hours_since_delivery then mails end) as bigint), 0) as clicked,
        coalesce(cast(sum(case when human_clicked_within <= hours_since_delivery then mails end) as bigint), 0)
            as human_clicked,
        coalesce(cast(sum(case when human_clicked_within is not null then mails end) as bigint), 0)
            as human_clicked_ever
    from placed
    group by campaign_id, hours_since_delivery
),

final as (
    select
        campaign_id, hours_since_delivery, first_send_date, last_send_date, trackable_delivered, opened, human_opened,
        human_opened_ever,
        cast(human_opened as double) / nullif(human_opened_ever, 0) as human_open_share,
        clicked, human_clicked, human_clicked_ever,
        cast(human_clicked as double) / nullif(human_clicked_ever, 0) as human_click_share,
        last_send_date + attribution_days * interval '1' day < current_date as is_mature
    from sums
    cross join settings
)

select * from final
