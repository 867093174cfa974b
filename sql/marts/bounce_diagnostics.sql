/*
Why mail bounced, in words, with one example of what the receiving server said. Simulator addresses are left out. One
row per event date, mailbox provider, bounce kind, type and sub-type, and enhanced status.

clock: event day
grain: event_date, mailbox_provider, bounce_kind, bounce_type, bounce_sub_type, enhanced_status
columns:
    event_date                   date    The UTC day of the bounce.
    dt                           varchar The same day as text, as partitioned: filter on it to read few files.
    mailbox_provider             varchar = email_events
    bounce_kind                  varchar = email_events
    bounce_type                  varchar = email_events
    bounce_sub_type              varchar = email_events
    bounce_category              varchar = email_events
    enhanced_status              varchar = email_events
    meaning                      varchar What the status says (seed enhanced_status_codes), of its class and subject
                                         where the code is not listed.
    what_to_do                   varchar What a sender can do about it.
    bounces                      bigint  Recipient-messages that bounced so.
    bounced_messages             bigint  Messages among them.
    example_diagnostic           varchar What the server said to one of them: the first in alphabetical order.
    example_message_id           varchar The message that it was said of: look it up in message_timeline.
*/
with bounces as (
    select
        event_date,
        dt,
        mailbox_provider,
        bounce_kind,
        bounce_type,
        bounce_sub_type,
        bounce_category,
        enhanced_status,
        diagnostic_code,
        message_id,
        recipient_key
    from email_events
    where bounce_kind is not null
        and not is_simulator
),

codes as (
    select
        status,
        meaning,
        what_to_do
    from seed_enhanced_status_codes
),

reasons as (
    select
        event_date,
        dt,
        mailbox_provider,
        bounce_kind,
        bounce_type,
        bounce_sub_type,
        bounce_category,
        enhanced_status,
        -- The unit of counting; a bounce that names no recipient counts once a message.
        count(distinct message_id || ' ' || coalesce(recipient_key, '')) as bounces,
        count(distinct message_id) as bounced_messages,
        min(diagnostic_code) as example_diagnostic,
        coalesce(
            min_by(message_id, diagnostic_code || chr(9) || message_id),
            min(message_id)
        ) as example_message_id
    from bounces
    group by
        event_date,
        dt,
        mailbox_provider,
        bounce_kind,
        bounce_type,
        bounce_sub_type,
        bounce_category,
        enhanced_status
),

final as (
    select
        reasons.event_date,
        reasons.dt,
        reasons.mailbox_provider,
        reasons.bounce_kind,
        reasons.bounce_type,
        reasons.bounce_sub_type,
        reasons.bounce_category,
        reasons.enhanced_status,
        coalesce(by_code.meaning, by_subject.meaning, by_class.meaning, 'No status code was given.') as meaning,
        coalesce(
            by_code.what_to_do,
            by_subject.what_to_do,
            by_class.what_to_do,
            'Read the diagnostic, if there is one.'
        ) as what_to_do,
        reasons.bounces,
        reasons.bounced_messages,
        reasons.example_diagnostic,
        reasons.example_message_id
    from reasons
    left join codes as by_code on reasons.enhanced_status = by_code.status
    left join codes as by_subject
        on regexp_extract(reasons.enhanced_status, '^([0-9]+[.][0-9]+)[.]', 1) = by_subject.status
    left join codes as by_class on regexp_extract(reasons.enhanced_status, '^([0-9]+)[.]', 1) = by_class.status
)

select * from final
