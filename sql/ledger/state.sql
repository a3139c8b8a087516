-- What the ledger knows of a stream as a whole. $today: the run's day in UTC.
WITH reach AS (
    SELECT watermark, complete FROM watermark WHERE organization_id = $organization_id
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
    count(*) FILTER (
        WHERE verdict = 'complete' AND to_day IS NULL
            AND from_day IS NOT DISTINCT FROM $history_from::DATE
            AND recorded_at::DATE >= $today::DATE
    ) = 0
    -- or closed windows were walked since: the count proves that their days are all of them
    OR coalesce(max(seq) FILTER (WHERE to_day IS NOT NULL), 0) > coalesce(max(seq) FILTER (
        WHERE verdict = 'complete' AND to_day IS NULL
            AND from_day IS NOT DISTINCT FROM $history_from::DATE
    ), 0) AS check_due,
    count(*) > 0 AND NOT (
        coalesce((SELECT complete FROM reach), FALSE)
        AND coalesce(arg_max(history_from, seq), DATE '0001-01-01')
            <= coalesce($history_from::DATE, DATE '0001-01-01')
    ) AS unfinished,
    count(*) FILTER (WHERE history_from IS DISTINCT FROM $history_from::DATE) = 0 AS history_unmoved
FROM windows
WHERE organization_id = $organization_id;
