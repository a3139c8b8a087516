-- Zones in which every walk so far served what it should have: all from its first day on, nothing
-- from before, nothing from after its last. The likeliest first: the one believed until now, UTC,
-- then those nearest to it. Entries further off than any zone reaches are no evidence (see
-- placements), nor is a last day whose inclusion is only guessed, nor what was known from before a
-- walk that proved nothing: it may have gone. Each with when its range begins and ends in it.
--
-- What the zone believed until now does not fit is from before the source changed its zone. A
-- $sounding shows such a change by itself, and so does a walk that was $served_all, an entry from before
-- the first day as that zone has it among them; then those zones come first that fit the newest rows.
WITH ledger AS (
    SELECT
        from_day::TIMESTAMP AS from_day, oldest_served,
        CASE WHEN verdict = 'complete' THEN newest_before END AS newest_before,
        CASE WHEN to_day_included THEN to_day::TIMESTAMP END AS to_day,
        CASE WHEN to_day_included THEN newest_served END AS newest_served,
        max(seq) AS seq
    FROM windows
    WHERE organization_id = $organization_id AND oldest_served IS NOT NULL
        AND (from_day IS NOT NULL OR to_day IS NOT NULL)
    GROUP BY ALL
),
moved AS (
    SELECT coalesce(max(seq), 0) AS seq FROM ledger
    WHERE refutes($zone, from_day, oldest_served, newest_before, to_day, newest_served)
),
recent AS (
    SELECT * FROM ledger
    WHERE seq > (SELECT seq FROM moved)
    ORDER BY coalesce(oldest_served - newest_before, INTERVAL 1 DAY), oldest_served DESC
    LIMIT 100
),
zones AS (
    SELECT name FROM (SELECT name FROM pg_timezone_names() UNION SELECT 'UTC')
    WHERE (($from_day::DATE::TIMESTAMP AT TIME ZONE name) > $oldest_served::TIMESTAMPTZ) IS NOT TRUE
        AND (($from_day::DATE::TIMESTAMP AT TIME ZONE name) <= $newest_before::TIMESTAMPTZ)
            IS NOT TRUE
),
refuted AS (
    SELECT zones.name, max(recent.seq) AS seq
    FROM zones JOIN recent
        ON refutes(name, from_day, oldest_served, newest_before, to_day, newest_served)
    GROUP BY zones.name
)
SELECT
    zones.name,
    ($from_day::DATE::TIMESTAMP AT TIME ZONE zones.name)::VARCHAR,
    ($to_day::DATE::TIMESTAMP AT TIME ZONE zones.name)::VARCHAR
FROM zones LEFT JOIN refuted USING (name)
WHERE refuted.seq IS NULL OR $sounding
    OR ($served_all AND ($from_day::DATE::TIMESTAMP AT TIME ZONE $zone) > $oldest_served::TIMESTAMPTZ)
ORDER BY
    refuted.seq NULLS FIRST, zones.name = $zone DESC, zones.name = 'UTC' DESC,
    abs(epoch(TIMESTAMP '2024-01-15 00:00:00' AT TIME ZONE zones.name) - 1705276800),
    zones.name LIKE 'Europe/%' DESC, zones.name
LIMIT 60;
