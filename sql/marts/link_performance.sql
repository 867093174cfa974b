/*
Which links of a campaign were clicked. Machines are told by their user agent alone here (machine_reason of
email_events). For a range of days read link_clicks_daily. Simulator addresses are left out. One row per campaign and
link.

clock: event day
grain: campaign_id, link
columns:
    campaign_id, link = email_events
    link_host, link_path, utm_source … utm_content = clicks
    clicks                       bigint       Click events, by anyone or anything.
    human_clicks                 bigint       Click events not labelled machine.
    unique_clicks                bigint       Recipient-messages with a click; those of messages to several recipients
                                              have no single one.
    unique_human_clicks          bigint       Recipient-messages with a click not labelled machine.
    clicked_messages             bigint       Messages with a click, those to several recipients included.
    unsubscribes                 bigint       Clicks and unsubscribe events by which people unsubscribed through this
                                              link.
    campaign_clicks              bigint       Click events on all links of the campaign: what click_share is of.
    click_share                  double       clicks / campaign_clicks.
    campaign_human_clicks        bigint       Click events not labelled machine on all links of the campaign.
    human_click_share            double       human_clicks / campaign_human_clicks.
    first_clicked_at             timestamp(3) First click, by anyone or anything.
    last_clicked_at              timestamp(3) Last click, by anyone or anything.
*/
with events as (
    select *
    from email_events
    where event_type in ('click', 'unsubscribe')
        and link is not null
        and not is_simulator
),

-- The parts are a function of the link, so any of its clicks tells them.
parts as (
    select
        link,
        min(link_host) as link_host,
        min(link_path) as link_path,
        min(utm_source) as utm_source,
        min(utm_medium) as utm_medium,
        min(utm_campaign) as utm_campaign,
        min(utm_term) as utm_term,
        min(utm_content) as utm_content
    from clicks
    group by link
),

links as (
    select
        campaign_id, link,
        count(distinct case when event_type = 'click' then event_id end) as clicks,
        count(distinct case when event_type = 'click' and not is_machine then event_id end) as human_clicks,
        count(distinct case when event_type = 'click' then message_id || ' ' || recipient_key end) as unique_clicks,
        count(
            distinct case when event_type = 'click' and not is_machine then message_id || ' ' || recipient_key end
        ) as unique_human_clicks,
        count(distinct case when event_type = 'click' then message_id end) as clicked_messages,
        count(distinct case when event_type = 'unsubscribe' or is_unsubscribe then event_id end) as unsubscribes,
        min(case when event_type = 'click' then occurred_at end) as first_clicked_at,
        max(case when event_type = 'click' then occurred_at end) as last_clicked_at
    from events
    group by campaign_id, link
),

shared as (
    select
        *,
        cast(sum(clicks) over (partition by campaign_id) as bigint) as campaign_clicks,
        cast(sum(human_clicks) over (partition by campaign_id) as bigint) as campaign_human_clicks
    from links
),

final as (
    select
        shared.campaign_id, shared.link, parts.link_host, parts.link_path, parts.utm_source, parts.utm_medium,
        parts.utm_campaign, parts.utm_term, parts.utm_content, shared.clicks, shared.human_clicks, shared.unique_clicks,
        shared.unique_human_clicks, shared.clicked_messages, shared.unsubscribes, shared.campaign_clicks,
        cast(shared.clicks as double) / nullif(shared.campaign_clicks, 0) as click_share,
        shared.campaign_human_clicks,
        cast(shared.human_clicks as double) / nullif(shared.campaign_human_clicks, 0) as human_click_share,
        shared.first_clicked_at, shared.last_clicked_at
    from shared
    left join parts on shared.link = parts.link
)

select * from final
