-- Known entries that a whole walk of their window did not serve.
--
-- Expired is what is older than all that the source holds: than its oldest entry, where counts have
-- shown that ($begins), or than all that was served from the beginning on ($from_beginning).
--
-- In which zone the source counts its days may have changed since it was learned. So only what
-- surely lies inside counts: between two entries that were served, or further from the edges than
-- any zone reaches (UTC-12 to UTC+14). For what lies nearer a walk has to reach over the edge. The
-- last day counts only where something of it was served, or the day after was asked for
-- ($last_day_asked): `to_date` may not include its day. An entry without a time of its own, or
-- whose time is astray, stands where its neighbour does; near an edge it may belong to the other
-- side.
INSERT INTO absences
WITH seen AS (
    SELECT
        min(position_at) FILTER (WHERE readable) AS oldest,
        max(position_at) FILTER (WHERE readable) AS newest
    FROM walked
    WHERE walk = $walk
        AND ($outer_from IS NULL OR position_at >= $outer_from::TIMESTAMPTZ)
        AND ($outer_to IS NULL OR position_at < $outer_to::TIMESTAMPTZ)
),
bounds AS (
    SELECT
        seen.oldest,
        CASE
            WHEN $from_day IS NULL THEN TIMESTAMPTZ '-infinity'
            ELSE least($from_day::DATE::TIMESTAMPTZ + INTERVAL 12 HOUR, seen.oldest)
        END AS low,
        CASE
            WHEN $to_day IS NULL THEN $latest::TIMESTAMPTZ
            ELSE greatest(
                ($to_day::DATE - CASE WHEN $last_day_asked THEN 0 ELSE 1 END)::TIMESTAMPTZ
                    - INTERVAL 14 HOUR,
                seen.newest + INTERVAL 1 MICROSECOND
            )
        END AS high
    FROM seen
)
SELECT
    $organization_id, known.id,
    CASE
        WHEN known.position_at < $begins::TIMESTAMPTZ THEN 'expired'
        WHEN $from_beginning AND (known.position_at < bounds.oldest) IS NOT FALSE THEN 'expired'
        ELSE 'vanished'
    END,
    $now::TIMESTAMPTZ, $run_id
FROM here AS known, bounds
WHERE known.position_at >= bounds.low AND known.position_at < bounds.high
    AND NOT known.served
    AND (
        NOT EXISTS (
            SELECT 1 FROM quarantine AS kept
            WHERE kept.organization_id = $organization_id AND kept.id = known.id
            UNION ALL
            SELECT 1 FROM placements AS placed
            WHERE placed.organization_id = $organization_id AND placed.id = known.id
        )
        OR (
            ($from_day IS NULL OR known.position_at >= bounds.low + INTERVAL 1 DAY)
            AND ($to_day IS NULL OR known.position_at < bounds.high - INTERVAL 1 DAY)
        )
    );
