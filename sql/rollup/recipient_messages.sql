/*
The select that rollup writes the table recipient_messages with: what became of each mail to each person, of those sent
from rollup_run's first to its last day.

Reads email_events over the input that the step names (its base, `events`, is the union of input files; copies of an
event change nothing), the one-row relation rollup_run (as_of timestamp(3), first_send_date date, last_send_date date,
attribution_days integer), and rollup_published (scope varchar, first_send_date date, last_send_date date, has_sends,
has_deliveries, has_opens, has_clicks, has_unsubscribes, has_complaints boolean): the event types that were seen of a
scope in the days before; and rollup_shown (scope varchar and the same flags): what the day's other mail shows of a
scope, where this is a part of a day. A type is published for a mail if it was seen in the 28 days up to its send day,
of its configuration set, else sending identity, else Pinpoint project; or of mail of the same scope and send day.
Events count from a day before sending (clocks differ) until the attribution window ends. Opens and clicks that no
single recipient made have no row. One row per message and recipient.

clock: cohort
grain: message_id, recipient_key
columns:
    message_id … dimension_5 = recipient_messages
    dt                       varchar      The UTC day of sent_at: the partition.
*/
with run as (
    select *
    from rollup_run
),

published as (
    select *
    from rollup_published
),

shown as (
    select *
    from rollup_shown
),

events as (
    select
        email_events.*,
        -- A time that only repeats the sending can't tell how soon something followed.
        occurred_at_basis <> 'send' as is_timed,
        -- The service says so: no rule says otherwise.
        coalesce(bot_verdict = 'Unlikely', false) as is_person,
        -- Pinpoint tells of a click on its unsubscribe link as an unsubscribe; one on a preference page has no link.
        event_type = 'click' or (event_type = 'unsubscribe' and link is not null) as is_clicked,
        event_type = 'unsubscribe' or (event_type = 'click' and coalesce(is_unsubscribe, false)) as is_unsubscribing,
        coalesce(is_unsubscribe, event_type = 'unsubscribe')
        or coalesce(regexp_like(lower(link), 'unsubscri|opt[-_]?out'), false) as is_unsubscribe_link,
        -- The gravest bounce comes first, then the earliest; of copies the one that settling keeps.
        case bounce_kind
            when 'hard' then '1 '
            when 'undetermined' then '2 '
            when 'soft' then '3 '
        end
        || cast(occurred_at as varchar)
        || event_id
        || feed
        || source_key
        || lpad(cast(source_ordinal as varchar), 20, '0')
        || attempt as bounce_order
    from email_events
    cross join run
    where recipient_key is not null
        -- A day more on either side: events of one mail may differ on when it was sent, and the earliest decides.
        and sent_at >= first_send_date - interval '1' day
        and sent_at < last_send_date + interval '2' day
        and occurred_at >= sent_at - interval '1' day
        and occurred_at < cast(sent_at as date) + attribution_days * interval '1' day
),

-- Whatever is taken here copies of an event don't change: least, greatest and distinct values.
mails as (
    select
        message_id, recipient_key,
        -- What a mail says of itself is the same on all of its events, or missing.
        min(recipient_domain) as recipient_domain,
        min(source) as source,
        min(recipient_count) as recipient_count,
        min(from_address) as from_address,
        -- But for the domain that sent: the From header says it better than a tag, and that better than the envelope.
        min_by(
            from_domain,
            case from_domain_basis when 'header' then '1 ' when 'tag' then '2 ' else '3 ' end || from_domain
        ) as from_domain,
        min(subject) as subject,
        min(account_id) as account_id,
        min(region) as region,
        min(sending_identity) as sending_identity,
        min(application_id) as application_id,
        min(configuration_set) as configuration_set,
        min(campaign_id) as campaign_id,
        min(campaign_activity_id) as campaign_activity_id,
        min(treatment_id) as treatment_id,
        min(journey_id) as journey_id,
        min(journey_run_id) as journey_run_id,
        min(journey_activity_id) as journey_activity_id,
        min(outgoing_ip) as outgoing_ip,
        min(tenant) as tenant,
        min(dimension_1) as dimension_1,
        min(dimension_2) as dimension_2,
        min(dimension_3) as dimension_3,
        min(dimension_4) as dimension_4,
        min(dimension_5) as dimension_5,
        min(sent_at) as sent_at,
        bool_or(event_type = 'send') as has_send_event,
        min(case when event_type = 'delivered' then occurred_at end) as delivered_at,
        min(case when event_type = 'delivered' and is_timed then occurred_at end) as timed_delivery,
        min_by(
            processing_time_ms,
            case
                when event_type = 'delivered'
                    then cast(occurred_at as varchar) || lpad(cast(processing_time_ms as varchar), 20, '0')
            end
        ) as processing_time_ms,
        min_by(occurred_at, bounce_order) as bounced_at,
        min_by(bounce_kind, bounce_order) as bounce_kind,
        min_by(bounce_sub_type, bounce_order) as bounce_sub_type,
        min_by(enhanced_status, bounce_order) as smtp_status,
        min_by(diagnostic_code, bounce_order) as diagnostic_code,
        min(case when is_suppressed then occurred_at end) as suppressed_at,
        min_by(
            coalesce(complaint_sub_type, bounce_sub_type),
            case when is_suppressed then cast(occurred_at as varchar) || event_id end
        ) as suppressed_by,
        -- Who says that it is no spam doesn't complain.
        min(
            case
                when event_type = 'complaint'
                    and not is_suppressed
                    and coalesce(complaint_feedback_type, 'abuse') <> 'not-spam'
                    then occurred_at
            end
        ) as complained_at,
        min(case when event_type = 'rejected' then occurred_at end) as rejected_at,
        min(case when event_type = 'rendering_failure' then occurred_at end) as rendering_failed_at,
        min(case when is_unsubscribing then occurred_at end) as unsubscribed_at,
        min(case when is_unsubscribing and not is_clicked then occurred_at end) as unsubscribed_by_page_at,
        count(distinct case when event_type = 'delivery_delay' then event_id end) as delays,
        min(mailbox_host) as mailbox_host,
        array_agg(
            cast(
                row(occurred_at, event_id, is_machine, is_timed, is_person, is_hidden_open)
                as row(
                    occurred_at timestamp,
                    event_id varchar,
                    is_machine boolean,
                    is_timed boolean,
                    is_person boolean,
                    is_hidden boolean
                )
            )
        ) filter (where event_type = 'open') as opened,
        array_agg(
            cast(
                row(
                    occurred_at, event_id, is_machine, is_timed, is_person, link, is_unsubscribing, is_unsubscribe_link,
                    event_type = 'click'
                )
                as row(
                    occurred_at timestamp,
                    event_id varchar,
                    is_machine boolean,
                    is_timed boolean,
                    is_person boolean,
                    link varchar,
                    is_unsubscribing boolean,
                    is_unsubscribe_link boolean,
                    is_counted boolean
                )
            )
        ) filter (where is_clicked) as clicked,
        array_agg(distinct link) filter (where is_clicked and link is not null) as links
    from events
    group by message_id, recipient_key
),

distinct_mails as (
    select
        mails.*,
        array_distinct(opened) as distinct_opened,
        array_distinct(clicked) as distinct_clicked
    from mails
),

-- The clicks that end a time in which three or more different links were clicked: two seconds; or five minutes, if the
-- one to unsubscribe is among them.
bursts as (
    select
        distinct_mails.*,
        case
            when cardinality(links) >= 3
                then filter(
                    distinct_clicked,
                    last -> last.is_timed
                    and cardinality(
                        filter(
                            links,
                            link -> cardinality(
                                filter(
                                    distinct_clicked,
                                    click -> click.is_timed
                                    and click.link = link
                                    and click.occurred_at >= last.occurred_at - interval '2' second
                                    and click.occurred_at <= last.occurred_at
                                )
                            ) > 0
                        )
                    ) >= 3
                )
        end as burst_ends,
        case
            when cardinality(links) >= 3
                and cardinality(filter(distinct_clicked, click -> click.is_unsubscribe_link)) > 0
                then filter(
                    distinct_clicked,
                    last -> last.is_timed
                    and cardinality(
                        filter(
                            distinct_clicked,
                            click -> click.is_timed
                            and click.is_unsubscribe_link
                            and click.occurred_at >= last.occurred_at - interval '5' minute
                            and click.occurred_at <= last.occurred_at
                        )
                    ) > 0
                    and cardinality(
                        filter(
                            links,
                            link -> cardinality(
                                filter(
                                    distinct_clicked,
                                    click -> click.is_timed
                                    and click.link = link
                                    and click.occurred_at >= last.occurred_at - interval '5' minute
                                    and click.occurred_at <= last.occurred_at
                                )
                            ) > 0
                        )
                    ) >= 3
                )
        end as sweep_ends
    from distinct_mails
),

judged as (
    select
        bursts.*,
        -- Nobody opens a mail before it is delivered.
        filter(
            distinct_opened,
            open -> open.is_person
            or (
                not open.is_machine
                and (not open.is_timed or timed_delivery is null or open.occurred_at >= timed_delivery)
            )
        ) as opened_by_people,
        -- Nobody clicks within five seconds of the delivery, on three links at once, or on all that there are.
        filter(
            distinct_clicked,
            click -> click.is_person
            or (
                not click.is_machine
                and (
                    not click.is_timed
                    or (
                        (timed_delivery is null or click.occurred_at > timed_delivery + interval '5' second)
                        and (
                            burst_ends is null
                            or cardinality(
                                filter(
                                    burst_ends,
                                    last -> click.occurred_at >= last.occurred_at - interval '2' second
                                    and click.occurred_at <= last.occurred_at
                                )
                            ) = 0
                        )
                        and (
                            sweep_ends is null
                            or cardinality(
                                filter(
                                    sweep_ends,
                                    last -> click.occurred_at >= last.occurred_at - interval '5' minute
                                    and click.occurred_at <= last.occurred_at
                                )
                            ) = 0
                        )
                    )
                )
            )
        ) as clicked_by_people
    from bursts
),

counted as (
    select
        judged.*,
        filter(distinct_clicked, click -> click.is_counted) as counted_clicks,
        filter(clicked_by_people, click -> click.is_counted) as human_counted_clicks,
        array_min(filter(clicked_by_people, click -> click.is_unsubscribing)).occurred_at as unsubscribed_by_click_at
    from judged
),

lives as (
    select
        counted.*,
        as_of,
        cast(sent_at as date) as send_date,
        coalesce(configuration_set, sending_identity, application_id, '') as scope,
        -- Rows are in order of their first field.
        array_min(distinct_opened).occurred_at as first_opened_at,
        array_max(distinct_opened).occurred_at as last_opened_at,
        array_min(opened_by_people).occurred_at as first_human_opened_at,
        array_min(counted_clicks).occurred_at as first_clicked_at,
        array_max(counted_clicks).occurred_at as last_clicked_at,
        array_min(human_counted_clicks).occurred_at as first_human_clicked_at,
        coalesce(cardinality(distinct_opened), 0) as opens,
        coalesce(cardinality(opened_by_people), 0) as human_opens,
        coalesce(cardinality(filter(distinct_opened, open -> open.is_hidden)), 0) as hidden_opens,
        coalesce(cardinality(counted_clicks), 0) as clicks,
        coalesce(cardinality(human_counted_clicks), 0) as human_clicks,
        coalesce(
            least(unsubscribed_by_page_at, unsubscribed_by_click_at),
            unsubscribed_by_page_at, unsubscribed_by_click_at
        ) as human_unsubscribed_at
    from counted
    cross join run
    where cast(sent_at as date) between first_send_date and last_send_date
),

-- Mail of one scope and day is published alike: what one of them shows holds for all.
seen as (
    select
        lives.*,
        bool_or(has_send_event) over (partition by scope, send_date) as has_sends_of_day,
        bool_or(delivered_at is not null) over (partition by scope, send_date) as has_deliveries_of_day,
        bool_or(opens > 0) over (partition by scope, send_date) as has_opens_of_day,
        bool_or(clicks > 0) over (partition by scope, send_date) as has_clicks_of_day,
        bool_or(unsubscribed_at is not null) over (partition by scope, send_date) as has_unsubscribes_of_day,
        bool_or(complained_at is not null) over (partition by scope, send_date) as has_complaints_of_day
    from lives
),

final as (
    select
        message_id, recipient_key, recipient_domain, source, recipient_count, from_address, from_domain, subject,
        account_id, region, sending_identity, application_id, configuration_set, campaign_id, campaign_activity_id,
        treatment_id, journey_id, journey_run_id, journey_activity_id, outgoing_ip, sent_at, has_send_event,
        delivered_at, bounced_at, bounce_kind, bounce_sub_type, smtp_status, diagnostic_code, complained_at,
        rejected_at, rendering_failed_at, first_opened_at, last_opened_at, first_human_opened_at, first_clicked_at,
        last_clicked_at, first_human_clicked_at, opens, human_opens, clicks, human_clicks, unsubscribed_at, delays,
        processing_time_ms,
        -- What a person did proves the delivery, so an out-of-office reply (a soft bounce) doesn't hide it.
        case
            when complained_at is not null then 'complained'
            when suppressed_at is not null then 'suppressed'
            when bounce_kind = 'hard' then 'hard_bounced'
            when rejected_at is not null then 'rejected'
            when rendering_failed_at is not null then 'rendering_failed'
            when unsubscribed_at is not null then 'unsubscribed'
            when clicks > 0 then 'clicked'
            when opens > 0 then 'opened'
            when delivered_at is not null then 'delivered'
            when bounce_kind = 'undetermined' then 'undetermined_bounced'
            when bounce_kind = 'soft' then 'soft_bounced'
            when delays > 0 then 'delayed'
            else 'sent'
        end as last_status,
        coalesce(recipient_count = 1, false) as is_trackable,
        as_of, suppressed_at, suppressed_by, hidden_opens, human_unsubscribed_at, mailbox_host,
        coalesce(true in (has_sends_of_day, shown.has_sends,
            of_scope.has_sends, of_identity.has_sends), false) as is_send_published,
        coalesce(true in (has_deliveries_of_day, shown.has_deliveries,
            of_scope.has_deliveries, of_identity.has_deliveries), false) as is_delivery_published,
        coalesce(true in (has_opens_of_day, shown.has_opens,
            of_scope.has_opens, of_identity.has_opens), false) as is_open_published,
        coalesce(true in (has_clicks_of_day, shown.has_clicks,
            of_scope.has_clicks, of_identity.has_clicks), false) as is_click_published,
        coalesce(true in (has_unsubscribes_of_day, shown.has_unsubscribes,
            of_scope.has_unsubscribes, of_identity.has_unsubscribes), false) as is_unsubscribe_published,
        coalesce(true in (has_complaints_of_day, shown.has_complaints,
            of_scope.has_complaints, of_identity.has_complaints), false) as is_complaint_published,
        tenant, dimension_1, dimension_2, dimension_3, dimension_4, dimension_5,
        cast(send_date as varchar) as dt
    from seen
    left join shown
        on seen.scope = shown.scope
    left join published as of_scope
        on seen.scope = of_scope.scope
        and seen.send_date between of_scope.first_send_date and of_scope.last_send_date
    -- An identity's own notifications are about its mail with a configuration set, too.
    left join published as of_identity
        on seen.sending_identity = of_identity.scope
        and seen.send_date between of_identity.first_send_date and of_identity.last_send_date
)

select * from final
