-- How many entries ranges were counted to hold at the source by verifications that were interrupted,
-- since the last one that was not.
WITH verified AS (
    SELECT run_id, started_at, message
    FROM runs WHERE organization_id = $organization_id AND command = 'verify'
),
finished AS (SELECT max(started_at) AS last_start FROM verified WHERE message IS NULL)
SELECT from_day::VARCHAR, to_day::VARCHAR, arg_max(total, seq)
FROM windows
WHERE organization_id = $organization_id AND verdict = 'counted'
    AND run_id IN (
        SELECT run_id FROM verified
        WHERE message IS NOT NULL AND started_at > coalesce((SELECT last_start FROM finished), '-infinity')
    )
GROUP BY from_day, to_day;
