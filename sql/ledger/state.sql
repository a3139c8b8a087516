-- What the ledger knows of a stream as a whole; NULLs where it knows nothing.
-- $days: for so long an interrupted `verify --deep` is resumed.
SELECT
    api_base_url, filters::VARCHAR, newest_first, ordered, to_day_included, total_cap, undated, excluding,
    rereading_since::VARCHAR, oldest::VARCHAR, deep_since::VARCHAR,
    in_vain, gap
FROM (
    SELECT min(occurred_at)::DATE AS oldest FROM audit_log WHERE organization_id = $organization_id
) AS log
CROSS JOIN (
    -- The first of the verifications that were interrupted since the last one that was not.
    SELECT min(started_at) AS deep_since
    FROM (
        SELECT
            started_at,
            max(finished_at) FILTER (WHERE message IS NULL) OVER () AS last_whole
        FROM runs
        WHERE organization_id = $organization_id AND command = 'verify --deep'
    )
    WHERE started_at > $now::TIMESTAMPTZ - to_days($days::INTEGER)
        AND (last_whole IS NULL OR started_at > last_whole)
) AS deep
-- The last two attempts to prove everything, if both are of this day and failed with the same gap. A
-- verification by counts attempts nothing.
CROSS JOIN (
    SELECT
        coalesce(
            count(*) = 2 AND bool_and(verdict = 'unproven' AND recorded_at::DATE = $now::TIMESTAMPTZ::DATE)
                AND (
                    (count(stated) = 2 AND min(stated - held) = max(stated - held))
                    OR count(stated) = 0
                ),
            FALSE
        ) AS in_vain,
        any_value(stated - held) AS gap
    FROM (
        SELECT verdict, recorded_at, stated, held FROM proofs
        WHERE organization_id = $organization_id AND from_day IS NULL AND to_day IS NULL
            AND run_id NOT IN (SELECT run_id FROM runs WHERE command = 'verify')
        ORDER BY seq DESC
        LIMIT 2
    )
) AS last_two
LEFT JOIN (FROM streams WHERE organization_id = $organization_id) AS stream ON TRUE;
