-- Why a stream is not proven: first a line for the whole, if the last attempt to prove it failed; then a
-- line for each window that is not proven, newest first.
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
