-- What the ledger knows of a stream as a whole. $today: the run's day in UTC.
WITH reach AS (
    SELECT watermark, complete FROM watermark WHERE organization_id = $organization_id
),
-- A check counts as long as ETL_FROM_DATE has not been moved since.
checked AS (
    SELECT checked_at FROM streams
    WHERE organization_id = $organization_id AND (
        SELECT arg_max_null(history_from, seq) FROM windows
        WHERE organization_id = $organization_id
    ) IS NOT DISTINCT FROM $history_from::DATE
)
SELECT
    (SELECT watermark::VARCHAR FROM reach) AS watermark,
    arg_max(newest_first, seq) FILTER (WHERE newest_first IS NOT NULL) AS newest_first,
    arg_max(to_day_included, seq) FILTER (WHERE to_day_included IS NOT NULL) AS to_day_included,
    arg_max_null(total_cap, seq) AS total_cap,
    coalesce(arg_max(day_zone, seq), 'UTC') AS day_zone,
    count(*) FILTER (WHERE verdict = 'complete') > 0 AS walked_before,
    count(*) FILTER (
        WHERE verdict = 'complete' AND to_day IS NULL
            AND from_day IS NOT DISTINCT FROM $history_from::DATE
    ) > 0 AS history_proven,
    (SELECT checked_at FROM checked) IS NOT NULL AS history_checked,
    coalesce((SELECT checked_at::DATE FROM checked) <> $today::DATE, TRUE)
    -- or closed windows were walked since: the count proves that their days are all of them
    OR coalesce(max(recorded_at) FILTER (
        WHERE to_day IS NOT NULL AND verdict <> 'counted'
            AND (proof IS DISTINCT FROM 'count' OR pages_done IS NOT NULL)
    ) > (SELECT checked_at FROM checked), FALSE) AS check_due,
    count(*) > 0 AND NOT (
        coalesce((SELECT complete FROM reach), FALSE)
        AND coalesce(arg_max(history_from, seq), DATE '0001-01-01')
            <= coalesce($history_from::DATE, DATE '0001-01-01')
    ) AS unfinished,
    count(*) FILTER (WHERE history_from IS DISTINCT FROM $history_from::DATE) = 0 AS history_unmoved
FROM windows
WHERE organization_id = $organization_id;
