-- The windows of now, with what is said of each.
CREATE OR REPLACE VIEW coverage AS
SELECT
    organization_id,
    from_day,
    to_day,
    CASE WHEN stated IS NULL THEN 'unproven' ELSE 'complete' END AS verdict,
    stated,
    CASE
        WHEN stated IS NOT NULL THEN NULL
        WHEN reason IS NOT NULL THEN reason
        WHEN read_to > 0 THEN format('interrupted: {:,} of {:,} entries read', read_to, total)
        ELSE 'to be read'
    END AS reason
FROM windows;

COMMENT ON VIEW coverage IS 'The windows of each stream: for each range of days whether all of it is held';

CREATE OR REPLACE VIEW watermark AS
WITH whole AS (
    SELECT
        organization_id,
        arg_max(watermark, seq) FILTER (WHERE verdict = 'complete') AS watermark,
        arg_max(verdict, seq) = 'complete' AS complete,
        arg_max(run_started_at, seq) FILTER (WHERE verdict = 'complete') AS proven_at,
        arg_max(run_started_at, seq) FILTER (WHERE stated IS NOT NULL) AS stated_at
    FROM proofs
    WHERE from_day IS NULL AND to_day IS NULL
    GROUP BY organization_id
),
held AS (SELECT organization_id, count(*) AS known FROM held_entries GROUP BY organization_id)
SELECT
    streams.organization_id, whole.watermark,
    coalesce(whole.complete, FALSE) AND coalesce(windows_proven, TRUE) AS complete,
    whole.proven_at, whole.stated_at, coalesce(held.known, 0) AS known
FROM streams
LEFT JOIN (
    SELECT organization_id, bool_and(stated IS NOT NULL) AS windows_proven
    FROM windows GROUP BY organization_id
) AS tiling USING (organization_id)
LEFT JOIN whole USING (organization_id)
LEFT JOIN held USING (organization_id);

COMMENT ON VIEW watermark IS 'Up to where, and as of when, each organization is proven complete';
