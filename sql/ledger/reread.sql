-- Ranges whose every page was read again by deep verifications that were interrupted, since the
-- last one that was not.
WITH deep AS (
    SELECT run_id, started_at, status, message
    FROM runs WHERE organization_id = $organization_id AND command = 'verify --deep'
),
finished AS (SELECT max(started_at) AS last_start FROM deep WHERE message IS NULL)
SELECT from_day::VARCHAR, to_day::VARCHAR
FROM windows
WHERE organization_id = $organization_id
    AND verdict = 'complete' AND pages_done IS NOT NULL
    AND entity_type IS NULL AND action_type IS NULL
    AND run_id IN (
        SELECT run_id FROM deep
        WHERE message IS NOT NULL AND started_at > coalesce((SELECT last_start FROM finished), '-infinity')
    );
