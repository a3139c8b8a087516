-- What interrupted runs of a command have left for the next, since the last one that was not: ranges
-- that they have counted ('counted'), or of which they have read every page ('complete'). Only of runs
-- each of which the next one, in the end this one, has followed within $days days: what was seen before
-- is too old to vouch for.
WITH of_command AS (
    SELECT run_id, started_at, message
    FROM runs WHERE organization_id = $organization_id AND command = $command
),
finished AS (SELECT max(started_at) AS last_start FROM of_command WHERE message IS NULL),
followed AS (
    SELECT
        run_id, started_at,
        coalesce(lead(started_at) OVER (ORDER BY started_at), $now::TIMESTAMPTZ) AS followed_at
    FROM of_command
    WHERE message IS NOT NULL
        AND started_at > coalesce((SELECT last_start FROM finished), '-infinity')
),
left_alone AS (
    SELECT max(started_at) AS last_start FROM followed
    WHERE followed_at > started_at + to_days($days::INTEGER)
),
interrupted AS (
    SELECT run_id FROM followed
    WHERE started_at > coalesce((SELECT last_start FROM left_alone), '-infinity')
)
SELECT from_day::VARCHAR, to_day::VARCHAR, arg_max(total, seq)
FROM windows
WHERE organization_id = $organization_id
    AND verdict = $verdict AND (verdict = 'counted' OR pages_done IS NOT NULL)
    AND entity_type IS NULL AND action_type IS NULL
    AND run_id IN (SELECT run_id FROM interrupted)
GROUP BY from_day, to_day;
