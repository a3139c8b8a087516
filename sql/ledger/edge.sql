-- Known entries of which it is not known on which side of the beginning of $day they lie.
--
-- Where a walk or a count has shown what the source serves from this very day on, only those that
-- came in between count. Elsewhere it takes the zones that fit all that was served so far, and the
-- entries between the earliest and the latest midnight among them; where none fits, any zone.
-- What $zone, the one believed in, does not fit is from before the source changed its zone.
WITH shown AS (
    SELECT max(newest_before) AS low, min(oldest_served) AS high
    FROM windows
    WHERE organization_id = $organization_id AND from_day = $day::DATE AND verdict = 'complete'
        AND oldest_served >= $day::DATE::TIMESTAMP AT TIME ZONE $zone
        AND newest_before < $day::DATE::TIMESTAMP AT TIME ZONE $zone
),
ledger AS (
    SELECT
        seq, from_day::TIMESTAMP AS from_day, oldest_served,
        CASE WHEN verdict = 'complete' THEN newest_before END AS newest_before,
        CASE WHEN to_day_included THEN to_day::TIMESTAMP END AS to_day, newest_served
    FROM windows
    WHERE organization_id = $organization_id AND oldest_served IS NOT NULL
        AND (SELECT low FROM shown) IS NULL
),
evidence AS (
    SELECT * FROM ledger
    WHERE (from_day IS NOT NULL OR to_day IS NOT NULL)
        AND seq > coalesce((
            SELECT max(seq) FROM ledger
            WHERE (from_day AT TIME ZONE $zone) > oldest_served
                OR (from_day AT TIME ZONE $zone) <= newest_before
                OR (to_day AT TIME ZONE $zone) <= newest_served
        ), 0)
    ORDER BY coalesce(oldest_served - newest_before, INTERVAL 1 DAY), seq DESC
    LIMIT 40
),
midnights AS (
    SELECT $day::DATE::TIMESTAMP AT TIME ZONE name AS midnight
    FROM (SELECT name FROM pg_timezone_names()) AS zones
    WHERE (SELECT low FROM shown) IS NULL
        AND NOT EXISTS (
            SELECT 1 FROM evidence
            WHERE (from_day AT TIME ZONE name) > oldest_served
                OR (from_day AT TIME ZONE name) <= newest_before
                OR (to_day AT TIME ZONE name) <= newest_served
        )
),
doubt AS (
    SELECT
        coalesce(
            (SELECT low + INTERVAL 1 MICROSECOND FROM shown), min(midnight),
            $day::DATE::TIMESTAMPTZ - INTERVAL 14 HOUR
        ) AS low,
        coalesce(
            (SELECT high FROM shown), max(midnight), $day::DATE::TIMESTAMPTZ + INTERVAL 12 HOUR
        ) AS high
    FROM midnights
)
SELECT count(*)
FROM known_entries AS known, doubt
WHERE known.organization_id = $organization_id
    AND known.position_at >= doubt.low AND known.position_at < doubt.high;
