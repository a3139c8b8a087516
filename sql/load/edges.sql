-- The oldest and the newest time served in a walk, but for entries that no zone explains, and the
-- newest known entry from before those: together they show where the source's first day begins.
WITH seen AS (
    SELECT min(position_at) AS oldest, max(position_at) AS newest
    FROM walked
    WHERE walk = $walk AND readable
        AND ($outer_from IS NULL OR position_at >= $outer_from::TIMESTAMPTZ)
        AND ($outer_to IS NULL OR position_at < $outer_to::TIMESTAMPTZ)
)
SELECT
    seen.oldest::VARCHAR,
    seen.newest::VARCHAR,
    (
        SELECT max(known.position_at)::VARCHAR
        FROM here AS known
        WHERE $outer_from IS NOT NULL
            AND known.position_at < seen.oldest
            AND NOT EXISTS (
                SELECT 1 FROM walked WHERE walked.walk = $walk AND walked.id = known.id
            )
    )
FROM seen;
