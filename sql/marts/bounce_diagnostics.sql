/*
Why mail bounced, in words, with one example of what the receiving server said. Simulator addresses are left out. One
row per event date, mailbox provider, from domain, configuration set, campaign, outgoing IP, bounce kind, type and
sub-type, and enhanced status.

clock: event day
grain: event_date, mailbox_provider, from_domain, configuration_set, campaign_id, outgoing_ip, bounce_kind, bounce_type
grain: bounce_sub_type, enhanced_status
columns:
    event_date                   date    The UTC day of the bounce.
    dt                           varchar The same day as text, as partitioned: filter on it to read few files.
    mailbox_provider, from_domain, configuration_set, campaign_id, outgoing_ip, bounce_kind, bounce_type = email_events
    bounce_sub_type, bounce_category, enhanced_status = email_events
    meaning                      varchar What it says, for a person: of the sub-type where the service itself stopped
                                         the mail (seed bounce_sub_types), else of the status (seed
                                         enhanced_status_codes; of its class and subject where the code is not listed),
                                         else of the sub-type.
    what_to_do                   varchar What a sender can do about it.
    bounces                      bigint  Recipient-messages that bounced so; 0 for mail that was never sent out
                                         (suppressed), which is no bounce.
    bounced_messages             bigint  Messages among them.
    day_bounces                  bigint  Recipient-messages of this from domain that bounced at this provider on that
                                         day, each reason on its own, without the suppressed: what bounce_share is of.
    bounce_share                 double  bounces / day_bounces; NULL for mail that was never sent out (suppressed).
    example_diagnostic           varchar What the server said to one of them: the first in alphabetical order, with
                                         `<address>` in place of each e-mail address.
    example_message_id           varchar The message that it was said of: look it up in message_timeline.
    suppressed                   bigint  Recipient-messages that a suppression list or the like stopped so.
*/
with bounces as (
    select
        *,
        -- The unit of counting; a bounce that names no recipient counts once a message.
        message_id || ' ' || coalesce(recipient_key, '') as recipient_message
    from email_events
    where bounce_kind is not null
        and not is_simulator
),

by_code as (
    select *
    from seed_enhanced_status_codes
),

by_subject as (
    select *
    from seed_enhanced_status_codes
),

by_class as (
    select *
    from seed_enhanced_status_codes
),

sub_types as (
    select *
    from seed_bounce_sub_types
),

reasons as (
    select
        dt, mailbox_provider, from_domain, configuration_set, campaign_id, outgoing_ip, bounce_kind, bounce_type,
        bounce_sub_type, bounce_category, enhanced_status, is_suppressed,
        count(distinct case when not is_suppressed then recipient_message end) as bounces,
        count(distinct case when not is_suppressed then message_id end) as bounced_messages,
        count(distinct case when is_suppressed then recipient_message end) as suppressed,
        min(diagnostic_code) as example_diagnostic,
        coalesce(min_by(message_id, diagnostic_code || chr(9) || message_id), min(message_id)) as example_message_id
    from bounces
    group by
        dt, mailbox_provider, from_domain, configuration_set, campaign_id, outgoing_ip, bounce_kind, bounce_type,
        bounce_sub_type, bounce_category, enhanced_status, is_suppressed
),

shared as (
    select
        *,
        cast(sum(bounces) over (partition by dt, mailbox_provider, from_domain) as bigint) as day_bounces
    from reasons
),

final as (
    select
        from_iso8601_date(shared.dt) as event_date,
        shared.dt, shared.mailbox_provider, shared.from_domain, shared.configuration_set, shared.campaign_id,
        shared.outgoing_ip, shared.bounce_kind, shared.bounce_type, shared.bounce_sub_type, shared.bounce_category,
        shared.enhanced_status,
        coalesce(
            case when sub_types.is_decisive then sub_types.meaning end,
            by_code.meaning, by_subject.meaning, by_class.meaning, sub_types.meaning,
            'The receiving server gave no reason that is known here.'
        ) as meaning,
        coalesce(
            case when sub_types.is_decisive then sub_types.what_to_do end,
            by_code.what_to_do, by_subject.what_to_do, by_class.what_to_do, sub_types.what_to_do,
            'Read the diagnostic, if there is one; stop sending to the address if it happens again.'
        ) as what_to_do,
        shared.bounces, shared.bounced_messages, shared.day_bounces, case
            when not shared.is_suppressed then cast(shared.bounces as double) / nullif(shared.day_bounces, 0)
        end as bounce_share,
        -- Servers repeat the address that they refuse.
        regexp_replace(
            shared.example_diagnostic,
            '[^\s<>()"'',;:@]+@[^\s<>()"'',;:@]+'
                || '|[^\s<>()"'',;:@/?&#]+%(25)*40[^\s<>()"'',;:@/?&#]+'
                || '|[^\s<>()"'',;:@/?&#]+=40([A-Za-z0-9_-]+([.]|=2[Ee]))+[A-Za-z]{2}[^\s<>()"'',;:@/?&#]*',
            '<address>'
        ) as example_diagnostic,
        shared.example_message_id, shared.suppressed
    from shared
    left join sub_types
        on sub_types.bounce_type = case shared.bounce_kind
            when 'hard' then 'Permanent'
            when 'soft' then 'Transient'
            when 'undetermined' then 'Undetermined'
        end
        and shared.bounce_sub_type = sub_types.bounce_sub_type
    left join by_code on shared.enhanced_status = by_code.status
    left join by_subject
        on regexp_extract(shared.enhanced_status, '^([0-9]+[.][0-9]+)[.]', 1) = by_subject.status
    left join by_class on regexp_extract(shared.enhanced_status, '^([0-9]+)[.]', 1) = by_class.status
)

select * from final
