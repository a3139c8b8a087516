-- Entries that a window served, though the time under which they count lies outside of it, further
-- than any zone explains: they count where they were served, at the time of their nearest neighbour
-- there, or at their own again where that lies inside.
INSERT INTO placements
WITH here AS (
    SELECT
        id, page, place, reason, occurred_at, position_at,
        ($outer_from IS NULL OR occurred_at >= $outer_from::TIMESTAMPTZ)
            AND ($outer_to IS NULL OR occurred_at < $outer_to::TIMESTAMPTZ) AS inside
    FROM served
    WHERE walk = $walk
),
counted AS (
    SELECT id, position_at
    FROM known_entries
    WHERE organization_id = $organization_id
        AND NOT (
            ($outer_from IS NULL OR position_at >= $outer_from::TIMESTAMPTZ)
            AND ($outer_to IS NULL OR position_at < $outer_to::TIMESTAMPTZ)
        )
        AND id IN (SELECT id FROM here)
),
moved AS (
    SELECT here.id, here.page, here.place, here.inside, here.occurred_at, here.position_at
    FROM here JOIN counted USING (id)
),
neighbours AS (
    SELECT moved.id, moved.page, arg_min(near.occurred_at, abs(near.place - moved.place)) AS time
    FROM moved
    LEFT JOIN here AS near ON near.page = moved.page AND near.inside
    GROUP BY moved.id, moved.page
)
SELECT
    $organization_id, moved.id,
    any_value(CASE
        WHEN moved.inside THEN moved.occurred_at
        WHEN neighbours.time IS NOT NULL THEN neighbours.time
        ELSE coalesce(
            $outer_from::TIMESTAMPTZ + INTERVAL 26 HOUR, $outer_to::TIMESTAMPTZ - INTERVAL 26 HOUR
        )
    END),
    $now::TIMESTAMPTZ, $run_id
FROM moved JOIN neighbours ON neighbours.id = moved.id AND neighbours.page = moved.page
GROUP BY moved.id;
