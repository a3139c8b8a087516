-- Why a stream is not proven: a line for each window, newest first; else why everything is not.
SELECT line
FROM (
    SELECT
        2 AS rank, from_day,
        CASE WHEN from_day <= DATE '1970-01-01' THEN 'the beginning' ELSE from_day::VARCHAR END
        || ' to ' || coalesce((to_day - 1)::VARCHAR, 'now') || ': ' || reason AS line
    FROM coverage
    WHERE organization_id = $organization_id AND verdict <> 'complete'
    UNION ALL
    SELECT 1, NULL, reason
    FROM (
        SELECT arg_max(verdict, seq) AS verdict, arg_max_null(reason, seq) AS reason
        FROM proofs
        WHERE organization_id = $organization_id AND from_day IS NULL AND to_day IS NULL
    )
    WHERE verdict = 'unproven' AND reason IS NOT NULL
)
ORDER BY rank, from_day DESC;
