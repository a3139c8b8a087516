-- What the ledger knows of a stream as a whole; a row of NULLs where it knows nothing.
-- $days: for so long an interrupted `verify --deep` is resumed.
SELECT
    (SELECT api_base_url FROM streams WHERE organization_id = $organization_id),
    (SELECT filters::VARCHAR FROM streams WHERE organization_id = $organization_id),
    (SELECT newest_first FROM streams WHERE organization_id = $organization_id),
    (SELECT ordered FROM streams WHERE organization_id = $organization_id),
    (SELECT to_day_included FROM streams WHERE organization_id = $organization_id),
    (SELECT total_cap FROM streams WHERE organization_id = $organization_id),
    (SELECT undated FROM streams WHERE organization_id = $organization_id),
    (SELECT kept FROM streams WHERE organization_id = $organization_id),
    (
        SELECT arg_max(watermark, seq)::VARCHAR FROM proofs
        WHERE organization_id = $organization_id AND from_day IS NULL AND to_day IS NULL
            AND verdict = 'complete'
    ),
    (SELECT (min(occurred_at)::DATE)::VARCHAR FROM audit_log WHERE organization_id = $organization_id),
    greatest(
        $now::TIMESTAMPTZ - to_days($days::INTEGER),
        (
            SELECT max(started_at) + INTERVAL 1 MICROSECOND FROM runs
            WHERE organization_id = $organization_id AND command = 'verify --deep'
                AND message IS NULL
        )
    )::VARCHAR;
