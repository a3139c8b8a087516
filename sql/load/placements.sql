-- Entries that a window served, though the time under which they count lies outside of it, further
-- than any zone explains, or whose time is astray. They count where they were served, at the time of
-- their nearest neighbour there, or at their own again where that lies inside.
INSERT INTO placements
WITH here AS (
    SELECT
        id, page, place, occurred_at, position_at, astray,
        NOT astray AND ($outer_from IS NULL OR occurred_at >= $outer_from::TIMESTAMPTZ)
            AND ($outer_to IS NULL OR occurred_at < $outer_to::TIMESTAMPTZ) AS inside
    FROM served
    WHERE walk = $walk
),
-- Only these may count elsewhere; mostly there are none, and then nothing has to be searched.
suspects AS (
    SELECT * FROM here
    WHERE inside IS NOT TRUE
        OR id IN (SELECT id FROM placements WHERE organization_id = $organization_id)
),
counted AS (
    SELECT
        suspects.* EXCLUDE (position_at),
        suspects.position_at AS served_at,
        known.position_at AS counted_at,
        coalesce(known.position_at = suspects.occurred_at, TRUE) AS at_own_time,
        NOT (
            ($outer_from IS NULL OR known.position_at >= $outer_from::TIMESTAMPTZ)
            AND ($outer_to IS NULL OR known.position_at < $outer_to::TIMESTAMPTZ)
        ) AS outside
    FROM suspects
    JOIN known_entries AS known USING (id)
    WHERE known.organization_id = $organization_id
),
moved AS (SELECT * FROM counted WHERE outside OR (astray AND at_own_time)),
neighbours AS (
    SELECT
        moved.id, moved.page,
        -- of two that are equally near the one before it, as stage.sql does
        arg_min(
            near.occurred_at, abs(near.place - moved.place) * 2 + (near.place > moved.place)::INTEGER
        ) AS time
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
            -- a neighbour's on another page
            CASE WHEN moved.served_at >= coalesce($outer_from::TIMESTAMPTZ, '-infinity')
                AND moved.served_at < coalesce($outer_to::TIMESTAMPTZ, 'infinity')
                THEN moved.served_at END,
            $outer_from::TIMESTAMPTZ + INTERVAL 26 HOUR, $outer_to::TIMESTAMPTZ - INTERVAL 26 HOUR
        )
    END),
    $now::TIMESTAMPTZ, $run_id
FROM moved JOIN neighbours ON neighbours.id = moved.id AND neighbours.page = moved.page
WHERE moved.outside OR neighbours.time <> moved.counted_at
GROUP BY moved.id;
