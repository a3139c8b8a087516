-- The last five runs, for `etl status`.
SELECT
    strftime(started_at AT TIME ZONE 'UTC', '%Y-%m-%d %H:%M'), command, status,
    requests, inserted, changed, vanished, message
FROM runs
WHERE organization_id = $organization_id
ORDER BY started_at DESC, finished_at DESC
LIMIT 5;
