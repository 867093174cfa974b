/*
What of message_outcomes can be counted, with how long before each mail its recipient had last engaged: with any earlier
mail, so all days are read, whatever is asked for. What counts is the first open and the first click of a mail that are
not labelled machine. One row per message and recipient.

clock: cohort
grain: message_id, recipient_key
columns:
    message_id … recipient_domain, from_domain, configuration_set … campaign_id = message_outcomes
    treatment_id … journey_id, sent_at … has_send_event, bounce_kind = message_outcomes
    complained_at … rendering_failed_at, opens … delays, is_trackable, hidden_opens = message_outcomes
    dt … mailbox_provider, is_simulator … is_delivered_inferred, is_volume_observed … dimension_5 = message_outcomes
    last_engaged_at          timestamp(3) When the recipient had last opened or clicked a mail before this one was sent;
                                          NULL where it is not known that they ever did.
    engagement_recency       varchar      How long before: `0-30`, `31-90` or `91-365` days (whole ones), `over 365`;
                                          `never`: no mail before was opened or clicked; `unknown`: nobody can tell, as
                                          what was opened was opened by a proxy that hides people (Apple), or no mail
                                          before was tracked; `new`: no mail before, as far as the lake reaches.
*/
with outcomes as (
    select *
    from message_outcomes
),

-- What is in a person's history: a mail was sent, they opened or clicked one, a proxy opened one for them.
happenings as (
    select *
    from (values ('mail'), ('open'), ('click'), ('hidden_open')) as listed (happening)
),

happened as (
    select
        *,
        case happening
            when 'mail' then sent_at
            when 'open' then first_human_opened_at
            when 'click' then first_human_clicked_at
            when 'hidden_open' then case when hidden_opens > 0 then first_opened_at end
        end as happened_at
    from outcomes
    cross join happenings
),

-- Of happenings at one instant the click comes first and the open last, which only their own mail could tell apart.
remembered as (
    select
        *,
        max(case when happening in ('open', 'click') then happened_at end) over (
            partition by recipient_key order by happened_at, happening rows between unbounded preceding and 1 preceding
        ) as engaged_at,
        max(case when happening = 'hidden_open' then 1 end) over (
            partition by recipient_key order by happened_at, happening rows between unbounded preceding and 1 preceding
        ) as has_hidden,
        -- 2: opens or clicks would have been seen; 1: it arrived, and nobody watched; 0: it did not arrive.
        max(
            case
                when happening <> 'mail' or not is_sent then null
                when is_trackable_delivered then 2
                when is_presumed_delivered then 1
                else 0
            end
        ) over (
            partition by recipient_key order by happened_at, happening rows between unbounded preceding and 1 preceding
        ) as watched
    from happened
    where happened_at is not null
),

final as (
    select
        message_id, recipient_key, recipient_domain, from_domain, configuration_set, campaign_id, treatment_id,
        journey_id, sent_at, has_send_event, bounce_kind, complained_at, rejected_at, rendering_failed_at, opens,
        human_opens, clicks, human_clicks, unsubscribed_at, delays, is_trackable, hidden_opens, dt, send_date,
        mailbox_provider, is_simulator, is_sent, is_delivered, is_trackable_delivered, is_suppressed,
        is_delivered_inferred, is_volume_observed, is_delivery_observed, is_open_tracked, is_click_tracked,
        is_unsubscribe_observed, is_presumed_delivered, is_complaint_observed, tenant, dimension_1, dimension_2,
        dimension_3, dimension_4, dimension_5,
        engaged_at as last_engaged_at,
        case
            when engaged_at > sent_at - interval '31' day then '0-30'
            when engaged_at > sent_at - interval '91' day then '31-90'
            when engaged_at > sent_at - interval '366' day then '91-365'
            when engaged_at is not null then 'over 365'
            when has_hidden = 1 or watched = 1 then 'unknown'
            when watched is not null then 'never'
            else 'new'
        end as engagement_recency
    from remembered
    where happening = 'mail'
)

select * from final
