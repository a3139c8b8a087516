-- Entries stated by the source where not all is proven: the latest totals over disjoint days, a
-- proven stretch stating what is known of it; or the latest total of the whole history where a
-- stretch was never counted on its own.
WITH lacking AS (
    SELECT
        coverage.total,
        (
            SELECT count(*) FROM known_entries AS known
            WHERE known.organization_id = $organization_id
                AND (coverage.from_day = DATE '0001-01-01'
                    OR known.position_at >= coverage.from_day::TIMESTAMP AT TIME ZONE $zone)
                AND (coverage.to_day = DATE '9999-12-31'
                    OR known.position_at < coverage.to_day::TIMESTAMP AT TIME ZONE $zone)
        ) AS known
    FROM coverage
    WHERE organization_id = $organization_id AND verdict <> 'complete'
)
SELECT
    CASE
        WHEN count(*) FILTER (WHERE total IS NULL) = 0 THEN $known + coalesce(sum(total - known), 0)
        ELSE (
            SELECT arg_max(total, seq) FROM windows
            WHERE organization_id = $organization_id AND to_day IS NULL AND total IS NOT NULL
                AND from_day IS NOT DISTINCT FROM history_from
        )
    END::BIGINT
FROM lacking;
