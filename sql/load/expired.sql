-- Known entries older than the oldest that the source still serves, if they are no more than $most: so
-- many fewer it states than are known. Were they more, some of them would be served, under another time.
INSERT INTO absences
WITH older AS (
    SELECT organization_id, id
    FROM known_entries
    WHERE organization_id = $organization_id
        AND position_at < $before::TIMESTAMPTZ
        AND ($from_day IS NULL OR position_at >= $from_day::DATE::TIMESTAMP AT TIME ZONE $zone)
)
SELECT organization_id, id, 'expired', $now::TIMESTAMPTZ, $run_id
FROM older
WHERE (SELECT count(*) FROM older) <= $most;
