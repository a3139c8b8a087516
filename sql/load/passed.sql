-- Known entries of a range that are older than the newest which a walk was served, and were not served.
SELECT count(*)
FROM known_entries
WHERE organization_id = $organization_id
    AND ($from_day IS NULL OR position_at >= $from_day::DATE::TIMESTAMP AT TIME ZONE $zone)
    AND position_at < (SELECT max(position_at) FROM walked WHERE walk = $walk)
    AND id NOT IN (SELECT id FROM walked WHERE walk = $walk);
