-- How many known entries a range holds, its days read in the zone that the source seems to use.
SELECT count(*)
FROM known_entries
WHERE organization_id = $organization_id
    AND ($from_day IS NULL OR position_at >= $from_day::DATE::TIMESTAMP AT TIME ZONE $zone)
    AND ($to_day IS NULL OR position_at < $to_day::DATE::TIMESTAMP AT TIME ZONE $zone)
    AND ($entity_type IS NULL OR entity_type = $entity_type)
    AND ($action_type IS NULL OR action_type = $action_type);
