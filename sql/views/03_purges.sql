-- A retention period removes one day of history each day. Where a run finds clearly more removed than the
-- time since the last complete run, the retention was shortened, or entries were deleted.
CREATE OR REPLACE VIEW purges AS
WITH gone AS (
    SELECT
        absences.organization_id, absences.run_id,
        min(absences.noticed_at) AS noticed_at,
        count(*) AS entries,
        min(audit_log.occurred_at) AS oldest,
        max(audit_log.occurred_at) AS newest
    FROM absences
    LEFT JOIN audit_log USING (organization_id, id)
    WHERE absences.reason = 'expired'
    GROUP BY absences.organization_id, absences.run_id
),
since AS (
    SELECT
        gone.*,
        (
            SELECT max(runs.started_at) FROM runs
            WHERE runs.organization_id = gone.organization_id AND runs.run_id <> gone.run_id
                AND runs.status = 'complete' AND runs.started_at < gone.noticed_at
        ) AS last_complete
    FROM gone
)
SELECT
    organization_id, run_id, noticed_at, entries, oldest, newest,
    (epoch_us(newest) - epoch_us(oldest)) // 1_000_000 AS span_seconds,
    (epoch_us(noticed_at) - epoch_us(last_complete)) // 1_000_000 AS passed_seconds
FROM since
-- the source may remove entries only once a day, and a sync may notice it a day later
WHERE newest - oldest > noticed_at - last_complete + INTERVAL 2 DAY;

COMMENT ON VIEW purges IS 'Where the source''s oldest day moved on by clearly more than the time that had passed';
