-- How many known entries are older than the oldest that the source still serves.
SELECT count(*)
FROM known_entries
WHERE organization_id = $organization_id
    AND position_at < $before::TIMESTAMPTZ
    AND ($from_day IS NULL OR position_at >= $from_day::DATE::TIMESTAMP AT TIME ZONE $zone);
