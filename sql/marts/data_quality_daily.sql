/*
What came in and what became of it: every record is accounted for. Ingest days are those of planning; duplicates across
units are counted on the day a settling dropped them. Quarantined records that were read again are counted beside this,
as `replayed`: their first reading stays as it was. Looks back 400 days; what was read before is in the table units. One
row per ingest date.

clock: none
grain: ingest_date
columns:
    ingest_date                  date         The UTC day on which the raw objects were planned.
    dt                           varchar      The same day as text: on Athena filter on it to read few outcomes; the
                                              local engine reads them all.
    units                        bigint       Units of raw objects with an outcome.
    objects                      bigint       Raw objects read.
    raw_bytes                    bigint       Bytes of the raw objects as stored.
    missing_objects              bigint       Objects that had gone before they were read.
    changed_objects              bigint       Objects rewritten after planning, not read.
    records                      bigint       Innermost events, undecodable pieces, and objects quarantined whole.
    accepted                     bigint       Records that made at least one row.
    duplicate                    bigint       Records all of whose rows repeat rows of their unit.
    skipped                      bigint       Records that are no e-mail events.
    quarantined                  bigint       Records that could not be read.
    erased                       bigint       Records about persons who were forgotten: nothing of them was kept.
    replayed                     bigint       Quarantined records read again on this day, by replays planned then.
    replay_accepted              bigint       Of replayed: made rows this time.
    replay_quarantined           bigint       Of replayed: could not be read this time either.
    records_accounted            bigint       accepted + duplicate + skipped + quarantined + erased.
    is_accounted                 boolean      records = records_accounted: nothing was dropped uncounted.
    duplicate_rate               double       duplicate / records.
    skipped_rate                 double       skipped / records.
    quarantined_rate             double       quarantined / records.
    accepted_by_type             varchar      Accepted records by source and event type, most first: `ses/delivered
                                              120, …`.
    skipped_by_type              varchar      Skipped records by their own type, most first.
    quarantined_by_reason        varchar      Quarantined records by reason, most first.
    event_rows                   bigint       Rows written to events, by replays too.
    header_rows                  bigint       Rows written to headers, by replays too.
    click_rows                   bigint       Rows written to clicks, by replays too.
    settled_duplicate_rows       bigint       Rows of events dropped as repeats across units by the settlings of this
                                              day.
    newest_delivered_at          timestamp(3) Delivery time of the newest object.
*/
with outcomes as (
    select
        *,
        kind = 'replay' as is_replay
    from units
    -- The halves of a split unit have outcomes of their own.
    where status = 'done'
        -- Partitions that are not read: a lake of ten years costs no more than one of a year.
        and dt >= cast(current_date - interval '400' day as varchar)
),

settlings as (
    select
        cast(cast(created_at as date) as varchar) as dt,
        cast(sum(duplicates) as bigint) as settled_duplicate_rows
    from generations
    where table_name = 'events'
        -- Its days are those of events, which may be of any age when they are read.
        and created_at >= current_date - interval '400' day
    group by cast(cast(created_at as date) as varchar)
),

-- Each outcome once as a whole (kind ''), and once for each kind that it counts, so that units is read once.
counted as (
    select
        outcomes.dt, facets.facet, kinds.kind,
        case facets.facet
            when 'accepted' then element_at(outcomes.accepted_by_type, kinds.kind)
            when 'skipped' then element_at(outcomes.skipped_by_type, kinds.kind)
            when 'quarantined' then element_at(outcomes.quarantined_by_reason, kinds.kind)
        end as records_of_kind,
        case when facets.facet = 'all' and not outcomes.is_replay then 1 else 0 end as units,
        case when facets.facet = 'all' and not outcomes.is_replay then outcomes.objects end as objects,
        case when facets.facet = 'all' and not outcomes.is_replay then outcomes.bytes end as bytes,
        case when facets.facet = 'all' and not outcomes.is_replay then outcomes.missing_objects end as missing_objects,
        case when facets.facet = 'all' and not outcomes.is_replay then outcomes.changed_objects end as changed_objects,
        case when facets.facet = 'all' and not outcomes.is_replay then outcomes.records end as records,
        case when facets.facet = 'all' and not outcomes.is_replay then outcomes.accepted end as accepted,
        case when facets.facet = 'all' and not outcomes.is_replay then outcomes.duplicate end as duplicate,
        case when facets.facet = 'all' and not outcomes.is_replay then outcomes.skipped end as skipped,
        case when facets.facet = 'all' and not outcomes.is_replay then outcomes.quarantined end as quarantined,
        case when facets.facet = 'all' and not outcomes.is_replay then outcomes.erased end as erased,
        case when facets.facet = 'all' and outcomes.is_replay then outcomes.records end as replayed,
        case when facets.facet = 'all' and outcomes.is_replay then outcomes.accepted end as replay_accepted,
        case when facets.facet = 'all' and outcomes.is_replay then outcomes.quarantined end as replay_quarantined,
        case when facets.facet = 'all' then outcomes.event_rows end as event_rows,
        case when facets.facet = 'all' then outcomes.header_rows end as header_rows,
        case when facets.facet = 'all' then outcomes.click_rows end as click_rows,
        outcomes.newest_delivered_at
    from outcomes
    cross join (values ('all'), ('accepted'), ('skipped'), ('quarantined')) as facets (facet)
    cross join unnest(
        case facets.facet
            when 'accepted' then map_keys(outcomes.accepted_by_type)
            when 'skipped' then map_keys(outcomes.skipped_by_type)
            when 'quarantined' then map_keys(outcomes.quarantined_by_reason)
            else array['']
        end
    ) as kinds (kind)
    where facets.facet = 'all'
        or not outcomes.is_replay
),

kinds_of_day as (
    select
        dt, facet, kind,
        cast(sum(records_of_kind) as bigint) as records_of_kind,
        cast(sum(units) as bigint) as units,
        cast(sum(objects) as bigint) as objects,
        cast(sum(bytes) as bigint) as raw_bytes,
        cast(sum(missing_objects) as bigint) as missing_objects,
        cast(sum(changed_objects) as bigint) as changed_objects,
        cast(sum(records) as bigint) as records,
        cast(sum(accepted) as bigint) as accepted,
        cast(sum(duplicate) as bigint) as duplicate,
        cast(sum(skipped) as bigint) as skipped,
        cast(sum(quarantined) as bigint) as quarantined,
        cast(sum(erased) as bigint) as erased,
        cast(sum(replayed) as bigint) as replayed,
        cast(sum(replay_accepted) as bigint) as replay_accepted,
        cast(sum(replay_quarantined) as bigint) as replay_quarantined,
        cast(sum(event_rows) as bigint) as event_rows,
        cast(sum(header_rows) as bigint) as header_rows,
        cast(sum(click_rows) as bigint) as click_rows,
        max(newest_delivered_at) as newest_delivered_at
    from counted
    group by dt, facet, kind
),

ingested as (
    select
        dt,
        cast(sum(units) as bigint) as units,
        cast(sum(objects) as bigint) as objects,
        cast(sum(raw_bytes) as bigint) as raw_bytes,
        cast(sum(missing_objects) as bigint) as missing_objects,
        cast(sum(changed_objects) as bigint) as changed_objects,
        cast(sum(records) as bigint) as records,
        cast(sum(accepted) as bigint) as accepted,
        cast(sum(duplicate) as bigint) as duplicate,
        cast(sum(skipped) as bigint) as skipped,
        cast(sum(quarantined) as bigint) as quarantined,
        cast(sum(erased) as bigint) as erased,
        cast(sum(replayed) as bigint) as replayed,
        cast(sum(replay_accepted) as bigint) as replay_accepted,
        cast(sum(replay_quarantined) as bigint) as replay_quarantined,
        array_join(
            array_agg(
                case when facet = 'accepted' then kind || ' ' || cast(records_of_kind as varchar) end
                order by records_of_kind desc, kind
            ),
            ', '
        ) as accepted_by_type,
        array_join(
            array_agg(
                case when facet = 'skipped' then kind || ' ' || cast(records_of_kind as varchar) end
                order by records_of_kind desc, kind
            ),
            ', '
        ) as skipped_by_type,
        array_join(
            array_agg(
                case when facet = 'quarantined' then kind || ' ' || cast(records_of_kind as varchar) end
                order by records_of_kind desc, kind
            ),
            ', '
        ) as quarantined_by_reason,
        cast(sum(event_rows) as bigint) as event_rows,
        cast(sum(header_rows) as bigint) as header_rows,
        cast(sum(click_rows) as bigint) as click_rows,
        max(newest_delivered_at) as newest_delivered_at
    from kinds_of_day
    group by dt
),

-- A union, column by column: through a full join no filter on the day would reach the outcomes' partitions.
both_sides as (
    select
        *,
        0 as settled_duplicate_rows
    from ingested
    union all
    select
        dt, 0 as units, 0 as objects, 0 as raw_bytes, 0 as missing_objects, 0 as changed_objects, 0 as records,
        0 as accepted, 0 as duplicate, 0 as skipped, 0 as quarantined, 0 as erased, 0 as replayed,
        0 as replay_accepted, 0 as replay_quarantined, null as accepted_by_type, null as skipped_by_type,
        null as quarantined_by_reason, 0 as event_rows, 0 as header_rows, 0 as click_rows, null as newest_delivered_at,
        settled_duplicate_rows
    from settlings
),

days as (
    select
        dt,
        coalesce(cast(sum(units) as bigint), 0) as units,
        coalesce(cast(sum(objects) as bigint), 0) as objects,
        coalesce(cast(sum(raw_bytes) as bigint), 0) as raw_bytes,
        coalesce(cast(sum(missing_objects) as bigint), 0) as missing_objects,
        coalesce(cast(sum(changed_objects) as bigint), 0) as changed_objects,
        coalesce(cast(sum(records) as bigint), 0) as records,
        coalesce(cast(sum(accepted) as bigint), 0) as accepted,
        coalesce(cast(sum(duplicate) as bigint), 0) as duplicate,
        coalesce(cast(sum(skipped) as bigint), 0) as skipped,
        coalesce(cast(sum(quarantined) as bigint), 0) as quarantined,
        coalesce(cast(sum(erased) as bigint), 0) as erased,
        coalesce(cast(sum(replayed) as bigint), 0) as replayed,
        coalesce(cast(sum(replay_accepted) as bigint), 0) as replay_accepted,
        coalesce(cast(sum(replay_quarantined) as bigint), 0) as replay_quarantined,
        nullif(max(accepted_by_type), '') as accepted_by_type,
        nullif(max(skipped_by_type), '') as skipped_by_type,
        nullif(max(quarantined_by_reason), '') as quarantined_by_reason,
        coalesce(cast(sum(event_rows) as bigint), 0) as event_rows,
        coalesce(cast(sum(header_rows) as bigint), 0) as header_rows,
        coalesce(cast(sum(click_rows) as bigint), 0) as click_rows,
        coalesce(cast(sum(settled_duplicate_rows) as bigint), 0) as settled_duplicate_rows,
        max(newest_delivered_at) as newest_delivered_at
    from both_sides
    group by dt
),

final as (
    select
        from_iso8601_date(dt) as ingest_date,
        dt, units, objects, raw_bytes, missing_objects, changed_objects, records, accepted, duplicate, skipped,
        quarantined, erased, replayed, replay_accepted, replay_quarantined,
        accepted + duplicate + skipped + quarantined + erased as records_accounted,
        records = accepted + duplicate + skipped + quarantined + erased as is_accounted,
        cast(duplicate as double) / nullif(records, 0) as duplicate_rate,
        cast(skipped as double) / nullif(records, 0) as skipped_rate,
        cast(quarantined as double) / nullif(records, 0) as quarantined_rate,
        accepted_by_type, skipped_by_type, quarantined_by_reason, event_rows, header_rows, click_rows,
        settled_duplicate_rows, newest_delivered_at
    from days
)

select * from final
