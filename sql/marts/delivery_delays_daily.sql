/*
Which mail was delayed, by which provider and why, in words. Only SES publishes delays. Simulator addresses are left
out. One row per event date, delay type, mailbox provider and from domain.

clock: event day
grain: event_date, delay_type, mailbox_provider, from_domain
columns:
    event_date         date    The UTC day of the delay.
    dt                 varchar The same day as text, as partitioned: filter on it to read few files.
    delay_type, mailbox_provider, from_domain = email_events
    meaning            varchar What the delay type says, for a person (seed delay_types).
    what_to_do         varchar What a sender can do about it.
    delays             bigint  Delay events: a mail may be put off several times.
    delayed            bigint  Recipient-messages that were put off.
    delayed_messages   bigint  Messages among them.
    day_delayed        bigint  Recipient-messages of this from domain put off at this provider on that day, each delay
                               type on its own: what delayed_share is of.
    delayed_share      double  delayed / day_delayed.
    longest_seconds    bigint  Seconds from sending to the delay that came last after it.
    example_diagnostic varchar What a server said to one of them: the first in alphabetical order, with `<address>` in
                               place of each e-mail address.
    example_message_id varchar The message that it was said of: look it up in message_timeline.
*/
with delays as (
    select *
    from email_events
    where event_type = 'delivery_delay'
        and not is_simulator
),

types as (
    select *
    from seed_delay_types
),

reasons as (
    select
        dt, delay_type, mailbox_provider, from_domain,
        count(distinct event_id) as delays,
        -- The unit of counting; a delay that names no recipient counts once a message.
        count(distinct message_id || ' ' || coalesce(recipient_key, '')) as delayed,
        count(distinct message_id) as delayed_messages,
        max(date_diff('second', sent_at, occurred_at)) as longest_seconds,
        min(diagnostic_code) as example_diagnostic,
        coalesce(min_by(message_id, diagnostic_code || chr(9) || message_id), min(message_id)) as example_message_id
    from delays
    group by dt, delay_type, mailbox_provider, from_domain
),

shared as (
    select
        *,
        cast(sum(delayed) over (partition by dt, mailbox_provider, from_domain) as bigint) as day_delayed
    from reasons
),

final as (
    select
        from_iso8601_date(shared.dt) as event_date,
        shared.dt, shared.delay_type, shared.mailbox_provider, shared.from_domain,
        coalesce(types.meaning, 'Delivery was put off; the reason is not known here.') as meaning,
        coalesce(types.what_to_do, 'Read the diagnostic, if there is one.') as what_to_do,
        shared.delays, shared.delayed, shared.delayed_messages, shared.day_delayed,
        cast(shared.delayed as double) / nullif(shared.day_delayed, 0) as delayed_share,
        shared.longest_seconds,
        -- Servers repeat the address that they put off.
        regexp_replace(
            shared.example_diagnostic,
            '[^\s<>()"'',;:@]+@[^\s<>()"'',;:@]+'
                || '|[^\s<>()"'',;:@/?&#]+%(25)*40[^\s<>()"'',;:@/?&#]+'
                || '|[^\s<>()"'',;:@/?&#]+=40([A-Za-z0-9_-]+([.]|=2[Ee]))+[A-Za-z]{2}[^\s<>()"'',;:@/?&#]*',
            '<address>'
        ) as example_diagnostic,
        shared.example_message_id
    from shared
    left join types on shared.delay_type = types.delay_type
)

select * from final
