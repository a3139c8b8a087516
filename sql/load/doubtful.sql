-- Known entries of which it is not known on which side of a day's beginning they lie: those between the
-- $earliest and the $latest instant at which it can begin.
SELECT count(*)
FROM known_entries
WHERE organization_id = $organization_id
    AND position_at >= $earliest::TIMESTAMPTZ AND position_at < $latest::TIMESTAMPTZ;
