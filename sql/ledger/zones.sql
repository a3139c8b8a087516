-- Zones in which every walk so far served what it should have: nothing from before its first day,
-- nothing from after its last. The likeliest first: the one believed until now, UTC, then those
-- nearest to it. Entries further off than any zone reaches are no evidence (see placements).
WITH evidence AS (
    SELECT DISTINCT
        from_day::TIMESTAMP AS low, to_day::TIMESTAMP AS high, oldest_served, newest_served
    FROM windows
    WHERE organization_id = $organization_id AND oldest_served IS NOT NULL
        AND (from_day IS NOT NULL OR to_day IS NOT NULL)
    UNION
    SELECT $from_day::DATE::TIMESTAMP, $to_day::DATE::TIMESTAMP,
        $oldest_served::TIMESTAMPTZ, $newest_served::TIMESTAMPTZ
),
recent AS (SELECT * FROM evidence ORDER BY coalesce(high, low) DESC LIMIT 400)
SELECT zones.name
FROM (SELECT name FROM pg_timezone_names() UNION SELECT 'UTC') AS zones
WHERE NOT EXISTS (
    SELECT 1 FROM recent
    WHERE (low AT TIME ZONE zones.name) > oldest_served
        OR (high AT TIME ZONE zones.name) <= newest_served
)
ORDER BY
    zones.name = $zone DESC, zones.name = 'UTC' DESC,
    abs(epoch(TIMESTAMP '2024-01-15 00:00:00' AT TIME ZONE zones.name) - 1705276800),
    zones.name LIKE 'Europe/%' DESC, zones.name
LIMIT 60;
