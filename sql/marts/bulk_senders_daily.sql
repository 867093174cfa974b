/*
How near each organisational domain is to what Gmail and Microsoft call a large sender (5,000 mails a day to their
addresses, all subdomains together), and how much of its mail they turned away for want of authentication (SPF, DKIM,
DMARC): by the status code (seed enhanced_status_codes, is_authentication), else by the server's words. The
organisational domain is the last two labels of the from domain, or three where the last two are a country's suffix such
as co.uk. Simulator addresses are left out. One row per send date, organisational domain and mailbox provider.

clock: cohort
grain: send_date, organisational_domain, mailbox_provider
columns:
    send_date              date    The UTC day of sending.
    dt                     varchar The same day as text, as partitioned: filter on it to read few files.
    organisational_domain  varchar The domain that these providers count by; NULL where no from domain is known.
    mailbox_provider       varchar Those that draw such a line: `gmail`, `microsoft` (seed settings, bulk_sends_…).
    sent                   bigint  Recipient-messages sent there, without the suppressed.
    bulk_sends             bigint  From how many a day on the provider asks for more: SPF, DKIM, DMARC, one-click
                                   unsubscribe.
    is_bulk                boolean sent has reached bulk_sends.
    from_domains           bigint  Different from domains among them.
    refused                bigint  Of sent: bounced, of whatever kind, and never delivered.
    unauthenticated        bigint  Of refused: for want of authentication.
    volume_sent            bigint  Of sent: where Send or Delivery events are published.
    volume_unauthenticated bigint  Of volume_sent: refused for want of authentication.
    unauthenticated_share  double  volume_unauthenticated / volume_sent; NULL where bounces alone are published.
*/
with outcomes as (
    select *
    from message_outcomes
    where not is_simulator
        and is_sent
        and not is_suppressed
),

limits as (
    select
        substr(name, length('bulk_sends_') + 1) as provider,
        cast(value as bigint) as bulk_sends
    from seed_settings
    where name in ('bulk_sends_gmail', 'bulk_sends_microsoft')
),

authentication as (
    select status
    from seed_enhanced_status_codes
    where is_authentication
),

sent_there as (
    select
        *,
        bounce_kind is not null and not is_delivered as is_refused,
        status is not null
        or coalesce(
            regexp_like(lower(diagnostic_code), '\b(dmarc|dkim|spf)\b|unauthenticated|sender authentication'),
            false
        ) as is_about_authentication,
        coalesce(
            regexp_extract(
                from_domain,
                '([^.]+[.](?:(?:ac|com?|edu|gov?|me|mil|ne|net|org?|plc|ltd|sch)[.][a-z][a-z]|[^.]+))$',
                1
            ),
            from_domain
        ) as organisational_domain
    from outcomes
    inner join limits on mailbox_provider = provider
    left join authentication on smtp_status = status
),

counts as (
    select
        send_date, dt, organisational_domain, mailbox_provider, bulk_sends,
        count(*) as sent,
        count(distinct from_domain) as from_domains,
        count_if(is_refused) as refused,
        count_if(is_refused and is_about_authentication) as unauthenticated,
        count_if(is_volume_observed) as volume_sent,
        count_if(is_refused and is_about_authentication and is_volume_observed) as volume_unauthenticated
    from sent_there
    group by send_date, dt, organisational_domain, mailbox_provider, bulk_sends
),

final as (
    select
        send_date, dt, organisational_domain, mailbox_provider, sent, bulk_sends,
        sent >= bulk_sends as is_bulk,
        from_domains, refused, unauthenticated, volume_sent, volume_unauthenticated,
        cast(volume_unauthenticated as double) / nullif(volume_sent, 0) as unauthenticated_share
    from counts
)

select * from final
