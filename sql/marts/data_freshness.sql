/*
How far the lake has come: what arrived last, what is settled, what the cohort views rest on, and what the last audit
found. Looks back 400 days: what is older is NULL, and a lake that has taken nothing in for so long has no row. One row
for the whole lake.

clock: none
grain: lake_version
columns:
    lake_version           varchar      The version of layout and meaning.
    newest_delivered_at    timestamp(3) Delivery time of the newest raw object that is transformed.
    lag_seconds            bigint       Seconds since then: new mail is missing here for so long, or nothing was sent.
    newest_transformed_at  timestamp(3) When a unit was last transformed.
    newest_settled_date    date         The newest day whose events are settled, without duplicates.
    newest_settled_at      timestamp(3) When a day of events was last settled.
    newest_send_date       date         The newest send day in recipient_messages, which cohort views read.
    newest_rolled_up_at    timestamp(3) When recipient_messages was last computed: events since then are not in cohort
                                        views.
    rollup_lag_seconds     bigint       Seconds since then.
    last_audited_at        timestamp(3) When the last audit ran; NULL if none did.
    last_audit_drifts      bigint       What it found that is not as it should be; 0 is good.
    last_audit_findings    varchar      The same by kind, most first: `open_unit 2, …`.
*/
with outcomes as (
    select
        max(newest_delivered_at) as newest_delivered_at,
        max(finished_at) as newest_transformed_at
    from units
    -- Partitions that are not read: a lake of ten years costs no more than one of a year.
    where dt >= cast(current_date - interval '400' day as varchar)
),

settlings as (
    select
        max(case when table_name = 'events' then dt end) as newest_settled_dt,
        max(case when table_name = 'events' then created_at end) as newest_settled_at,
        max(case when table_name = 'recipient_messages' then dt end) as newest_send_dt,
        max(case when table_name = 'recipient_messages' then created_at end) as newest_rolled_up_at
    from generations
    where dt >= cast(current_date - interval '400' day as varchar)
),

last_audit as (
    select
        max(checked_at) as last_audited_at,
        max_by(drift_count, checked_at) as last_audit_drifts,
        max_by(drifts_by_kind, checked_at) as drifts_by_kind
    from audits
    where dt >= cast(current_date - interval '400' day as varchar)
),

findings as (
    select
        last_audit.last_audited_at, last_audit.last_audit_drifts,
        array_join(
            array_agg(
                kinds.kind || ' ' || cast(element_at(last_audit.drifts_by_kind, kinds.kind) as varchar)
                order by element_at(last_audit.drifts_by_kind, kinds.kind) desc, kinds.kind
            ),
            ', '
        ) as last_audit_findings
    from last_audit
    -- An audit that found nothing has no kinds, and no audit at all has none either.
    left join unnest(map_keys(last_audit.drifts_by_kind)) as kinds (kind) on true
    group by last_audit.last_audited_at, last_audit.last_audit_drifts
),

final as (
    select
        cast('v1' as varchar) as lake_version,
        outcomes.newest_delivered_at,
        date_diff('second', outcomes.newest_delivered_at, localtimestamp) as lag_seconds,
        outcomes.newest_transformed_at,
        from_iso8601_date(settlings.newest_settled_dt) as newest_settled_date,
        settlings.newest_settled_at,
        from_iso8601_date(settlings.newest_send_dt) as newest_send_date,
        settlings.newest_rolled_up_at,
        date_diff('second', settlings.newest_rolled_up_at, localtimestamp) as rollup_lag_seconds,
        findings.last_audited_at, findings.last_audit_drifts,
        nullif(findings.last_audit_findings, '') as last_audit_findings
    from outcomes
    cross join settlings
    cross join findings
    where outcomes.newest_transformed_at is not null
)

select * from final
