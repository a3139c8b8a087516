-- What the source serves from the beginning of $day on, as a walk or a count has shown it: the newest
-- entry from before that (exclusive) and the oldest one after it. NULL where none has.
SELECT max(newest_before)::VARCHAR, min(oldest_served)::VARCHAR
FROM windows
WHERE organization_id = $organization_id AND from_day = $day::DATE AND verdict = 'complete'
    AND oldest_served >= $day::DATE::TIMESTAMP AT TIME ZONE $zone
    AND newest_before < $day::DATE::TIMESTAMP AT TIME ZONE $zone;
