/*
Who complained, at which provider, about which campaign and from domain. A complaint belongs to the day it came in on,
not to the day of its mail, so there is no rate here: the deliverability views have it. Providers that send no
complaints (Gmail) have no rows, which is not to say that nobody complained. Simulator addresses are left out. One row
per event date, mailbox provider, campaign and from domain.

clock: event day
grain: event_date, mailbox_provider, campaign_id, from_domain
columns:
    event_date             date         The UTC day of the complaint.
    dt                     varchar      The same day as text, as partitioned: filter on it to read few files.
    mailbox_provider, campaign_id, from_domain = email_events
    has_complaint_feedback boolean      That provider, at one of the recipients' domains at least, tells senders of
                                        complaints; NULL where no recipient is known.
    complaints             bigint       Recipient-messages complained about. One event may name everybody at that
                                        provider who may have complained.
    abuse_complaints       bigint       Of complaints: of feedback type `abuse`, or of none.
    not_spam_reports       bigint       Of complaints: of feedback type `not-spam`, which is the opposite.
    other_complaints       bigint       Of complaints: of another feedback type, such as `fraud` or `virus`.
    suppressed_complaints  bigint       Recipient-messages that a suppression list stopped, which the service tells of
                                        as complaints: nobody got the mail, and no other count includes them.
    complained_messages    bigint       Messages complained about.
    complaint_events       bigint       Complaint events.
    first_sent_at          timestamp(3) When the oldest of the mail complained about was sent.
    last_sent_at           timestamp(3) When the newest of it was sent.
*/
with complaints as (
    select
        *,
        -- The unit of counting; a complaint that names no recipient counts once a message.
        message_id || ' ' || coalesce(recipient_key, '') as recipient_message,
        case when is_suppressed then 'suppressed' else coalesce(complaint_feedback_type, 'abuse') end as kind
    from email_events
    where event_type = 'complaint'
        and not is_simulator
),

final as (
    select
        from_iso8601_date(dt) as event_date,
        dt, mailbox_provider, campaign_id, from_domain,
        -- Domains of one provider may differ in it.
        bool_or(has_complaint_feedback) as has_complaint_feedback,
        count(distinct case when kind <> 'suppressed' then recipient_message end) as complaints,
        count(distinct case when kind = 'abuse' then recipient_message end) as abuse_complaints,
        count(distinct case when kind = 'not-spam' then recipient_message end) as not_spam_reports,
        count(
            distinct case when kind not in ('abuse', 'not-spam', 'suppressed') then recipient_message end
        ) as other_complaints,
        count(distinct case when kind = 'suppressed' then recipient_message end) as suppressed_complaints,
        count(distinct case when kind <> 'suppressed' then message_id end) as complained_messages,
        count(distinct case when kind <> 'suppressed' then event_id end) as complaint_events,
        min(case when kind <> 'suppressed' then sent_at end) as first_sent_at,
        max(case when kind <> 'suppressed' then sent_at end) as last_sent_at
    from complaints
    group by dt, mailbox_provider, campaign_id, from_domain
)

select * from final
