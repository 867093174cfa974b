/*
What happened to a mail, event by event and in words: look it up by message_id or recipient_key, and order by
occurred_at, event_order. Simulator addresses are here too; copies that are not settled yet are left out. One row per
event of a message.

clock: event day
grain: event_id
columns:
    event_id, message_id, recipient_key, recipient_domain, mailbox_provider, event_date, dt, occurred_at = email_events
    sent_at = email_events
    seconds_since_sent           bigint       Whole seconds from sent_at to occurred_at.
    event_order                  integer      Place in a mail's usual life, for events of one instant.
    event_type                   varchar      = email_events
    event_name                   varchar      The event in words, such as `Hard bounce`; `Suppressed` where the mail was
                                              never sent out.
    description                  varchar      What happened, in a sentence.
    machine_reason, is_machine, subject, from_address, campaign_id, journey_id, enhanced_status, link = email_events
    user_agent, source_key = email_events
*/
-- Of each sentence what the columns below don't have: the less of an event is kept while copies are sought, the faster.
with told as (
    select
        *,
        case when is_suppressed then 'Suppressed' else event_name end as name_shown,
        case
            when is_suppressed then coalesce(' (' || coalesce(complaint_sub_type, bounce_sub_type) || ')', '')
            when event_type = 'send' then ''
            when event_type = 'rendering_failure'
                then coalesce(' (' || template_name || ')', '') || coalesce(': ' || error_message, '')
            when event_type = 'rejected' then coalesce(': ' || reject_reason, '')
            when event_type = 'delivery_delay'
                then coalesce(' (' || delay_type || ')', '') || coalesce(': ' || diagnostic_code, '')
            when event_type = 'delivered' then coalesce(': ' || smtp_response, '')
            when event_type = 'open' then coalesce(' in ' || client_name, '') || coalesce(' on ' || device_class, '')
            when event_type = 'click' then case when is_unsubscribe then ' to unsubscribe' else '' end
            when event_type = 'unsubscribe' then coalesce(' from ' || contact_list, '')
            when event_type = 'resubscribe' then coalesce(' to ' || contact_list, '')
            when complaint_feedback_type = 'not-spam' then ' no spam'
            when event_type = 'complaint' then ' spam' || coalesce(' (' || complaint_feedback_type || ')', '')
            else coalesce(' (' || bounce_sub_type || ')', '')
                || coalesce(', status ' || enhanced_status, '')
                || coalesce(': ' || diagnostic_code, '')
        end as detail
    from email_events
),

copies as (
    select
        *,
        -- By all that one looks up by, so that such a filter reaches the files; copies agree on it. Settling keeps the
        -- first, too.
        row_number() over (
            partition by dt, message_id, recipient_key, event_id
            order by feed, source_key, source_ordinal, attempt
        ) as copy
    from told
),

final as (
    select
        event_id, message_id, recipient_key, recipient_domain, mailbox_provider, from_iso8601_date(dt) as event_date,
        dt, occurred_at, sent_at,
        date_diff('second', sent_at, occurred_at) as seconds_since_sent,
        case event_type
            when 'send' then 1
            when 'rendering_failure' then 2
            when 'rejected' then 3
            when 'delivery_delay' then 4
            when 'delivered' then 5
            when 'soft_bounce' then 6
            when 'undetermined_bounce' then 7
            when 'hard_bounce' then 8
            when 'open' then 9
            when 'click' then 10
            when 'unsubscribe' then 11
            when 'resubscribe' then 12
            when 'complaint' then 13
            else 14
        end as event_order,
        event_type,
        name_shown as event_name,
        case
            when name_shown = 'Suppressed' then 'Never sent: a suppression list stopped it' || detail
            when event_type = 'send' then 'The service accepted the mail for sending' || coalesce(': ' || subject, '')
            when event_type = 'rendering_failure' then 'The template failed to render' || detail
            when event_type = 'rejected' then 'The service refused to send it' || detail
            when event_type = 'delivery_delay' then 'Delivery is delayed' || detail
            when event_type = 'delivered' then 'Delivered to ' || coalesce(recipient_domain, 'the recipient') || detail
            when event_type = 'open' then 'Opened' || detail
            when event_type = 'click' then 'Clicked' || detail || coalesce(' ' || link, '')
            when event_type = 'unsubscribe' then 'Unsubscribed' || detail
            when event_type = 'resubscribe' then 'Changed the subscription' || detail || ', opting out of nothing'
            when event_type = 'complaint' then 'Reported as' || detail
            else name_shown || detail
        end
        || case when machine_reason is not null then ' [' || machine_reason || ']' else '' end as description,
        machine_reason, is_machine, subject, from_address, campaign_id, journey_id, enhanced_status, link, user_agent,
        source_key
    from copies
    where copy = 1
)

select * from final
