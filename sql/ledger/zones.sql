-- Zones in which every walk so far served what it should have: all from its first day on, nothing
-- from before, nothing from after its last. The likeliest first: the one believed until now, UTC,
-- then those nearest to it. Entries further off than any zone reaches are no evidence (see
-- placements), nor is a last day whose inclusion is only guessed.
WITH evidence AS (
    SELECT DISTINCT
        from_day::TIMESTAMP AS from_day, oldest_served, newest_before,
        CASE WHEN to_day_included THEN to_day::TIMESTAMP END AS to_day, newest_served
    FROM windows
    WHERE organization_id = $organization_id AND oldest_served IS NOT NULL
        AND (from_day IS NOT NULL OR to_day IS NOT NULL)
    UNION
    SELECT $from_day::DATE::TIMESTAMP, $oldest_served::TIMESTAMPTZ, $newest_before::TIMESTAMPTZ,
        NULL, NULL
),
recent AS (
    SELECT * FROM evidence
    ORDER BY coalesce(oldest_served - newest_before, INTERVAL 1 DAY), oldest_served DESC
    LIMIT 100
)
SELECT zones.name
FROM (SELECT name FROM pg_timezone_names() UNION SELECT 'UTC') AS zones
WHERE NOT EXISTS (
    SELECT 1 FROM recent
    WHERE (from_day AT TIME ZONE zones.name) > oldest_served
        OR (from_day AT TIME ZONE zones.name) <= newest_before
        OR (to_day AT TIME ZONE zones.name) <= newest_served
)
ORDER BY
    zones.name = $zone DESC, zones.name = 'UTC' DESC,
    abs(epoch(TIMESTAMP '2024-01-15 00:00:00' AT TIME ZONE zones.name) - 1705276800),
    zones.name LIKE 'Europe/%' DESC, zones.name
LIMIT 60;
