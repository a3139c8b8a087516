-- Entries without a time of their own, or placed for another reason, near an edge of a window that was walked whole and did not
-- serve them: they belong to the other side of the edge, and count there from now on.
INSERT INTO placements
WITH edges AS (
    SELECT
        $from_day::DATE::TIMESTAMP AT TIME ZONE $zone AS low,
        $to_day::DATE::TIMESTAMP AT TIME ZONE $zone AS high
)
SELECT
    $organization_id, known.id,
    CASE
        WHEN known.position_at < edges.low + INTERVAL 1 DAY
            THEN edges.low - INTERVAL 1 MICROSECOND
        ELSE edges.high
    END,
    $now::TIMESTAMPTZ, $run_id
FROM known_entries AS known, edges
WHERE known.organization_id = $organization_id
    AND (
        (known.position_at >= edges.low AND known.position_at < edges.low + INTERVAL 1 DAY)
        OR (known.position_at < edges.high AND known.position_at >= edges.high - INTERVAL 1 DAY)
    )
    AND known.id IN (
        SELECT id FROM quarantine WHERE organization_id = $organization_id
        UNION ALL
        SELECT id FROM placements WHERE organization_id = $organization_id
    )
    AND known.id NOT IN (SELECT id FROM walked WHERE walk = $walk);
