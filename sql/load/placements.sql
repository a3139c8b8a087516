-- Entries whose own time lies outside the window that served them, further than any zone explains:
-- they count where they were served, at the time of their nearest neighbour there.
INSERT INTO placements
WITH outside AS (
    SELECT id, page, place, occurred_at
    FROM served
    WHERE walk = $walk AND reason IS NULL AND NOT (
        ($outer_from IS NULL OR occurred_at >= $outer_from::TIMESTAMPTZ)
        AND ($outer_to IS NULL OR occurred_at < $outer_to::TIMESTAMPTZ)
    )
),
neighbours AS (
    SELECT
        outside.id,
        arg_min(inside.occurred_at, abs(inside.place - outside.place)) AS position_at
    FROM outside
    LEFT JOIN served AS inside
        ON inside.page = outside.page AND inside.reason IS NULL
        AND NOT EXISTS (SELECT 1 FROM outside AS other WHERE other.id = inside.id)
    GROUP BY outside.id
)
SELECT
    $organization_id, id,
    coalesce(position_at, $outer_from::TIMESTAMPTZ + INTERVAL 26 HOUR, $outer_to::TIMESTAMPTZ - INTERVAL 26 HOUR),
    $now::TIMESTAMPTZ, $run_id
FROM neighbours
WHERE NOT EXISTS (
    SELECT 1 FROM placements AS kept
    WHERE kept.organization_id = $organization_id AND kept.id = neighbours.id
        AND ($outer_from IS NULL OR kept.position_at >= $outer_from::TIMESTAMPTZ)
        AND ($outer_to IS NULL OR kept.position_at < $outer_to::TIMESTAMPTZ)
);
