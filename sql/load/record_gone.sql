-- Records what has gone: as excluded where ETL_FROM_DATE leaves it out ($excluded_before), as expired where
-- it is older than all that is left, else as vanished.
INSERT INTO absences BY NAME
WITH left_over AS (
    SELECT min(occurred_at) AS oldest FROM audit_log
    WHERE organization_id = $organization_id AND id NOT IN (SELECT id FROM gone)
        AND id NOT IN (SELECT id FROM absent_entries WHERE organization_id = $organization_id)
)
SELECT
    $organization_id AS organization_id, id,
    CASE
        WHEN occurred_at < $excluded_before::TIMESTAMPTZ THEN 'excluded'
        WHEN oldest IS NULL OR occurred_at < oldest THEN 'expired'
        ELSE 'vanished'
    END AS reason,
    $now::TIMESTAMPTZ AS noticed_at, $run_id AS run_id
FROM gone, left_over;
