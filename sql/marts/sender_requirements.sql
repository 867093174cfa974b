/*
Whether mail carries what Gmail and Yahoo ask of bulk senders, from the headers that the service saw when it took the
mail. Headers that the service adds later (its DKIM signature) can't be seen there. Counts messages, not recipients;
test mail to simulator addresses is among them. One row per send date and from domain.

clock: cohort
grain: send_date, from_domain
columns:
    send_date                   date    The UTC day of sending.
    dt                          varchar The same day as text, as partitioned: filter on it to read few files.
    from_domain                 varchar = headers
    messages                    bigint  Messages whose headers are known: what the shares are of.
    list_unsubscribe_messages   bigint  Messages with List-Unsubscribe (RFC 2369).
    list_unsubscribe_share      double  list_unsubscribe_messages / messages.
    one_click_messages          bigint  Messages with a List-Unsubscribe that holds an https link, and a
                                        List-Unsubscribe-Post that says one-click (RFC 8058).
    one_click_share             double  one_click_messages / messages.
    message_id_messages         bigint  Messages with Message-ID.
    message_id_visible_messages bigint  Messages of which the source tells whether they have one: Pinpoint hides it.
    message_id_share            double  message_id_messages / message_id_visible_messages.
    dkim_signed_messages        bigint  Messages that came with a DKIM-Signature of the sender's own.
    dkim_signed_share           double  dkim_signed_messages / messages; NULL where none came with one, as the service
                                        may have signed them all.
    feedback_id_messages        bigint  Messages with Feedback-ID (Gmail's Postmaster Tools count by it).
    feedback_id_share           double  feedback_id_messages / messages.
*/
with header_rows as (
    select *
    from headers
),

-- What a header shows of its mail, as a bit: to add up one number for each of many headers is half of the work.
marked as (
    select
        dt, from_domain, message_id,
        case name_lower
            when 'list-unsubscribe'
                then case
                    when value is null then 0
                    when regexp_like(lower(value), '<\s*https:') then 3
                    else 1
                end
            when 'list-unsubscribe-post'
                then case when regexp_like(lower(value), '^\s*list-unsubscribe\s*=\s*one-click\s*$') then 4 else 0 end
            when 'message-id' then case when value is not null then 8 else 16 end
            when 'dkim-signature' then case when value is not null then 32 else 0 end
            when 'feedback-id' then case when value is not null then 64 else 0 end
            else 0
        end as marks
    from header_rows
),

messages as (
    select dt, from_domain, message_id, bitwise_or_agg(marks) as marks
    from marked
    group by dt, from_domain, message_id
),

counted as (
    select
        dt, from_domain,
        count(*) as messages,
        count_if(bitwise_and(marks, 1) > 0) as list_unsubscribe_messages,
        count_if(bitwise_and(marks, 6) = 6) as one_click_messages,
        count_if(bitwise_and(marks, 8) > 0) as message_id_messages,
        count_if(bitwise_and(marks, 24) <> 16) as message_id_visible_messages,
        count_if(bitwise_and(marks, 32) > 0) as dkim_signed_messages,
        count_if(bitwise_and(marks, 64) > 0) as feedback_id_messages
    from messages
    group by dt, from_domain
),

final as (
    select
        from_iso8601_date(dt) as send_date,
        dt, from_domain, messages, list_unsubscribe_messages,
        cast(list_unsubscribe_messages as double) / nullif(messages, 0) as list_unsubscribe_share,
        one_click_messages,
        cast(one_click_messages as double) / nullif(messages, 0) as one_click_share,
        message_id_messages, message_id_visible_messages,
        cast(message_id_messages as double) / nullif(message_id_visible_messages, 0) as message_id_share,
        dkim_signed_messages,
        cast(nullif(dkim_signed_messages, 0) as double) / nullif(messages, 0) as dkim_signed_share,
        feedback_id_messages,
        cast(feedback_id_messages as double) / nullif(messages, 0) as feedback_id_share
    from counted
)

select * from final
