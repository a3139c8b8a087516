-- How many known entries a range holds, its days read in the zone that the source seems to use, and
-- how many lie so near to its edges that another zone would put them on the other side.
SELECT
    count(*) FILTER (
        WHERE ($from_day IS NULL OR position_at >= $from_day::DATE::TIMESTAMP AT TIME ZONE $zone)
            AND ($to_day IS NULL OR position_at < $to_day::DATE::TIMESTAMP AT TIME ZONE $zone)
    ),
    count(*) FILTER (
        WHERE position_at < $from_day::DATE::TIMESTAMPTZ + INTERVAL 12 HOUR
            OR position_at >= $to_day::DATE::TIMESTAMPTZ - INTERVAL 14 HOUR
    )
FROM known_entries
WHERE organization_id = $organization_id
    AND ($from_day IS NULL
        OR position_at >= $from_day::DATE::TIMESTAMPTZ - INTERVAL 14 HOUR)
    AND ($to_day IS NULL OR position_at < $to_day::DATE::TIMESTAMPTZ + INTERVAL 12 HOUR)
    AND ($entity_type IS NULL OR entity_type = $entity_type)
    AND ($action_type IS NULL OR action_type = $action_type);
