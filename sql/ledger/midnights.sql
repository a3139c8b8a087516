-- The earliest and the latest instant at which $day can begin at the source: its midnights in the zones
-- that fit all that was served so far, and where none fits, in any zone; but not before $earliest nor
-- after $latest, where a walk has shown those. What $zone, the one believed in, does not fit is from
-- before the source changed its zone.
WITH ledger AS (
    SELECT
        seq, from_day::TIMESTAMP AS from_day, oldest_served,
        CASE WHEN verdict = 'complete' THEN newest_before END AS newest_before,
        CASE WHEN to_day_included THEN to_day::TIMESTAMP END AS to_day, newest_served
    FROM windows
    WHERE organization_id = $organization_id AND oldest_served IS NOT NULL
),
evidence AS (
    SELECT * FROM ledger
    WHERE (from_day IS NOT NULL OR to_day IS NOT NULL)
        AND seq > coalesce((
            SELECT max(seq) FROM ledger
            WHERE refutes($zone, from_day, oldest_served, newest_before, to_day, newest_served)
        ), 0)
    ORDER BY coalesce(oldest_served - newest_before, INTERVAL 1 DAY), seq DESC
    LIMIT 40
)
SELECT
    greatest(
        $earliest::TIMESTAMPTZ, coalesce(min(midnight), $day::DATE::TIMESTAMPTZ - INTERVAL 14 HOUR)
    )::VARCHAR,
    least(
        $latest::TIMESTAMPTZ, coalesce(max(midnight), $day::DATE::TIMESTAMPTZ + INTERVAL 12 HOUR)
    )::VARCHAR
FROM (
    SELECT $day::DATE::TIMESTAMP AT TIME ZONE name AS midnight
    FROM (SELECT name FROM pg_timezone_names()) AS zones
    WHERE NOT EXISTS (
        SELECT 1 FROM evidence
        WHERE refutes(name, from_day, oldest_served, newest_before, to_day, newest_served)
    )
);
