-- The spans of one access are in order: none is empty, none overlaps the next.
WITH spans AS (
    SELECT
        *,
        lead(coalesce(valid_from, TIMESTAMPTZ '-infinity')) OVER (
            PARTITION BY
                organization_id, kind, person_key, object_key,
                CASE WHEN kind = 'role' THEN department_id END
            ORDER BY valid_from NULLS FIRST
        ) AS next_from
    FROM access_intervals
)
SELECT organization_id, kind, person_key, object_key, valid_from, valid_to, next_from
FROM spans
WHERE valid_from >= valid_to
    OR (next_from IS NOT NULL AND (valid_to IS NULL OR valid_to > next_from));
