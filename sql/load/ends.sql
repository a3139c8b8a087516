-- When the oldest and the newest known entry of a range are, its days read in the zone that the source
-- seems to use.
SELECT min(position_at)::VARCHAR, max(position_at)::VARCHAR
FROM known_entries
WHERE organization_id = $organization_id
    AND ($from_day IS NULL OR position_at >= $from_day::DATE::TIMESTAMP AT TIME ZONE $zone)
    AND ($to_day IS NULL OR position_at < $to_day::DATE::TIMESTAMP AT TIME ZONE $zone);
