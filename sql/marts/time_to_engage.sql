/*
How soon people open and click the mail of a campaign: of all who ever did, the share that had within so many hours of
the delivery. Machines are left out, as are mails whose time of delivery isn't known, mail to several people and mail of
no campaign. One row per campaign and hour from 0 to 72.

clock: cohort
grain: campaign_id, hours_since_delivery
columns:
    campaign_id           varchar = recipient_messages
    hours_since_delivery  bigint  Opened or clicked in less than so many hours after the delivery; at 0 before it.
    trackable_delivered   bigint  = deliverability_facts
    opened                bigint  Recipient-messages first opened by a person within these hours.
    opened_ever           bigint  Recipient-messages opened by a person, whenever.
    open_share            double  opened / opened_ever; NULL where nobody opened.
    clicked               bigint  Recipient-messages first clicked by a person within these hours.
    clicked_ever          bigint  Recipient-messages clicked by a person, whenever.
    click_share           double  clicked / clicked_ever; NULL where nobody clicked.
*/
with outcomes as (
    select
        campaign_id,
        delivered_at,
        first_human_opened_at,
        first_human_clicked_at
    from message_outcomes
    where campaign_id is not null and not is_simulator and is_trackable_delivered
),

timed as (
    select
        campaign_id,
        case
            when first_human_opened_at < delivered_at then 0
            else date_diff('hour', delivered_at, first_human_opened_at) + 1
        end as opened_within,
        case
            when first_human_clicked_at < delivered_at then 0
            else date_diff('hour', delivered_at, first_human_clicked_at) + 1
        end as clicked_within
    from outcomes
),

hours as (
    select
        campaign_id,
        opened_within,
        clicked_within,
        count(*) as mails
    from timed
    group by
        campaign_id,
        opened_within,
        clicked_within
),

placed as (
    select
        campaign_id,
        mails,
        opened_within,
        clicked_within,
        hours_since_delivery
    from hours
    cross join unnest(sequence(0, 72)) as listed (hours_since_delivery)
),

sums as (
    select
        campaign_id,
        hours_since_delivery,
        cast(sum(mails) as bigint) as trackable_delivered,
        coalesce(
            cast(sum(case when opened_within <= hours_since_delivery then mails end) as bigint),
            0
        ) as opened,
        coalesce(cast(sum(case when opened_within is not null then mails end) as bigint), 0) as opened_ever,
        coalesce(
            cast(sum(case when clicked_within <= hours_since_delivery then mails end) as bigint),
            0
        ) as clicked,
        coalesce(cast(sum(case when clicked_within is not null then mails end) as bigint), 0) as clicked_ever
    from placed
    group by
        campaign_id,
        hours_since_delivery
),

final as (
    select
        campaign_id,
        hours_since_delivery,
        trackable_delivered,
        opened,
        opened_ever,
        cast(opened as double) / nullif(opened_ever, 0) as open_share,
        clicked,
        clicked_ever,
        cast(clicked as double) / nullif(clicked_ever, 0) as click_share
    from sums
)

select * from final
