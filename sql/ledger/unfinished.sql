-- Stretches of days that are not proven, newest first; with the row they come from where its walk
-- can be gone on with, that is where no later row covers a part of its days.
WITH stretches AS (
    SELECT
        greatest(from_day, coalesce($history_from::DATE, DATE '0001-01-01')) AS low,
        to_day AS high, verdict, seq
    FROM coverage
    WHERE organization_id = $organization_id
        AND to_day > coalesce($history_from::DATE, DATE '0001-01-01')
),
earliest AS (SELECT min(low) AS low FROM stretches),
wanting AS (
    SELECT low, high, verdict, seq FROM stretches WHERE verdict <> 'complete'
    UNION ALL
    -- ETL_FROM_DATE was moved back: the days before all that was ever walked
    SELECT coalesce($history_from::DATE, DATE '0001-01-01'), low, 'planned', NULL
    FROM earliest
    WHERE low > coalesce($history_from::DATE, DATE '0001-01-01')
)
SELECT
    nullif(wanting.low, DATE '0001-01-01')::VARCHAR,
    nullif(wanting.high, DATE '9999-12-31')::VARCHAR,
    wanting.verdict,
    CASE WHEN whole THEN total END,
    CASE WHEN whole THEN pages_done END,
    CASE WHEN whole AND wanting.verdict = 'partial' THEN coalesce(distinct_entries, 0) ELSE 0 END,
    CASE WHEN whole THEN proof END,
    wanting.seq IS NOT NULL,
    coalesce(whole AND left_until > $today::DATE, FALSE)
FROM (
    SELECT
        wanting.*, windows.total, windows.pages_done, windows.distinct_entries, windows.proof,
        windows.left_until,
        coalesce(windows.from_day, DATE '0001-01-01') = wanting.low
            AND coalesce(windows.to_day, DATE '9999-12-31') = wanting.high AS whole
    FROM wanting
    LEFT JOIN windows ON windows.seq = wanting.seq AND windows.organization_id = $organization_id
) AS wanting
ORDER BY wanting.low DESC;
