-- Entries without a time of their own, or placed for another reason, that stand on the wrong side of an
-- edge of a window that was walked whole: those near an edge that it did not serve count on the other
-- side from now on, those that it served count inside. Where the day after was asked for as well
-- ($last_day_asked), what was served may belong to that.
INSERT INTO placements
WITH edges AS (
    SELECT
        $from_day::DATE::TIMESTAMP AT TIME ZONE $zone AS low,
        $to_day::DATE::TIMESTAMP AT TIME ZONE $zone AS high
),
movable AS (
    SELECT
        here.id, here.position_at, here.served, low, high,
        coalesce(position_at < low, FALSE) AS before, coalesce(position_at >= high, FALSE) AS after
    FROM here, edges
    WHERE id IN (
        SELECT id FROM quarantine WHERE organization_id = $organization_id
        UNION ALL
        SELECT id FROM placements WHERE organization_id = $organization_id
    )
)
SELECT
    $organization_id, id,
    CASE WHEN position_at < low + INTERVAL 1 DAY THEN low - INTERVAL 1 MICROSECOND ELSE high END,
    $now::TIMESTAMPTZ, $run_id
FROM movable
WHERE NOT served AND NOT before AND NOT after
    AND (position_at < low + INTERVAL 1 DAY OR position_at >= high - INTERVAL 1 DAY)
UNION ALL
SELECT
    $organization_id, id,
    CASE
        WHEN before THEN greatest(walked.position_at, low)
        ELSE least(walked.position_at, high - INTERVAL 1 MICROSECOND)
    END,
    $now::TIMESTAMPTZ, $run_id
FROM movable JOIN (SELECT id, position_at FROM walked WHERE walk = $walk) AS walked USING (id)
WHERE before OR (after AND NOT $last_day_asked);
