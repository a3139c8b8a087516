-- What the ledger knows of a stream as a whole; NULLs where it knows nothing.
-- $days: for so long an interrupted `verify --deep` is resumed.
SELECT
    api_base_url, filters::VARCHAR, newest_first, ordered, to_day_included, total_cap, undated, kept,
    watermark::VARCHAR, oldest::VARCHAR,
    greatest($now::TIMESTAMPTZ - to_days($days::INTEGER), finished_at)::VARCHAR
FROM (
    SELECT arg_max(watermark, seq) AS watermark FROM proofs
    WHERE organization_id = $organization_id AND from_day IS NULL AND to_day IS NULL
        AND verdict = 'complete'
) AS last_proof
CROSS JOIN (
    SELECT min(occurred_at)::DATE AS oldest FROM audit_log WHERE organization_id = $organization_id
) AS log
CROSS JOIN (
    SELECT max(started_at) + INTERVAL 1 MICROSECOND AS finished_at FROM runs
    WHERE organization_id = $organization_id AND command = 'verify --deep' AND message IS NULL
) AS last_deep
LEFT JOIN (FROM streams WHERE organization_id = $organization_id) AS stream ON TRUE;
