-- The earliest and the latest instant at which $day can begin at the source, where a walk or a count
-- has shown what is served from it on: after the newest entry from before, and no later than the oldest
-- that was served. NULL where none has.
SELECT (max(newest_before) + INTERVAL 1 MICROSECOND)::VARCHAR, min(oldest_served)::VARCHAR
FROM windows
WHERE organization_id = $organization_id AND from_day = $day::DATE AND verdict = 'complete'
    AND oldest_served >= $day::DATE::TIMESTAMP AT TIME ZONE $zone
    AND newest_before < $day::DATE::TIMESTAMP AT TIME ZONE $zone;
