-- Known entries older than the oldest that the source still serves: see older.sql.
INSERT INTO absences
SELECT organization_id, id, 'expired', $now::TIMESTAMPTZ, $run_id
FROM known_entries
WHERE organization_id = $organization_id
    AND position_at < $before::TIMESTAMPTZ
    AND ($from_day IS NULL OR position_at >= $from_day::DATE::TIMESTAMP AT TIME ZONE $zone);
