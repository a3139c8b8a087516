-- What a walk has come to, and what is known about its window (`here`).
--
-- The oldest and the newest time served, but for entries that no zone explains, and the newest known
-- entry from before those, show together where the source's first day begins.
WITH seen AS (
    SELECT
        count(*) AS walked,
        min(position_at) FILTER (WHERE explained) AS oldest,
        max(position_at) FILTER (WHERE explained) AS newest
    FROM (
        SELECT
            position_at,
            readable AND ($outer_from IS NULL OR position_at >= $outer_from::TIMESTAMPTZ)
                AND ($outer_to IS NULL OR position_at < $outer_to::TIMESTAMPTZ) AS explained
        FROM walked
        WHERE walk = $walk
    )
)
SELECT
    any_value(seen.walked),
    -- all of them have been placed in its window
    count(known.id) FILTER (WHERE known.served) AS present,
    -- none of these: nothing for vanished.sql to find
    count(known.id) FILTER (
        WHERE NOT known.served
            AND ($from_day IS NULL
                OR position_at >= least($from_day::DATE::TIMESTAMPTZ + INTERVAL 12 HOUR, oldest))
            AND ($to_day IS NULL
                OR position_at < greatest(
                    $to_day::DATE::TIMESTAMPTZ - INTERVAL 14 HOUR, newest + INTERVAL 1 MICROSECOND
                ))
    ) AS missing,
    -- as known.sql counts
    count(known.id) FILTER (
        WHERE ($from_day IS NULL OR position_at >= $from_day::DATE::TIMESTAMP AT TIME ZONE $zone)
            AND ($to_day IS NULL OR position_at < $to_day::DATE::TIMESTAMP AT TIME ZONE $zone)
    ) AS known,
    count(known.id) FILTER (
        WHERE (position_at >= $from_day::DATE::TIMESTAMPTZ - INTERVAL 14 HOUR
                AND position_at < $from_day::DATE::TIMESTAMPTZ + INTERVAL 12 HOUR)
            OR (position_at >= $to_day::DATE::TIMESTAMPTZ - INTERVAL 14 HOUR
                AND position_at < $to_day::DATE::TIMESTAMPTZ + INTERVAL 12 HOUR)
    ) AS near_edges,
    any_value(seen.oldest)::VARCHAR,
    any_value(seen.newest)::VARCHAR,
    max(position_at) FILTER (
        WHERE NOT known.served AND $outer_from IS NOT NULL AND position_at < oldest
    )::VARCHAR
FROM seen LEFT JOIN here AS known ON TRUE;
