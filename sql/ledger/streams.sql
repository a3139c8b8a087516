-- Each stream with how fresh and how complete it is, and what its runs have noticed over time.
SELECT
    streams.organization_id,
    watermark.watermark::VARCHAR,
    coalesce(watermark.complete, FALSE),
    watermark.proven_at::VARCHAR,
    coalesce(watermark.known, 0),
    (SELECT count(*) FROM quarantine AS q WHERE q.organization_id = streams.organization_id),
    (SELECT count(*) FROM audit_log_versions AS v WHERE v.organization_id = streams.organization_id),
    (
        SELECT count(*) FROM absent_entries AS a
        WHERE a.organization_id = streams.organization_id AND a.reason = 'vanished'
    ),
    (
        SELECT count(*) FROM absent_entries AS a
        WHERE a.organization_id = streams.organization_id AND a.reason = 'expired'
    ),
    (SELECT sum(late) FROM runs WHERE runs.organization_id = streams.organization_id)::BIGINT,
    (SELECT max(latest_by_seconds) FROM runs WHERE runs.organization_id = streams.organization_id)
FROM streams
LEFT JOIN watermark USING (organization_id)
ORDER BY streams.organization_id;
