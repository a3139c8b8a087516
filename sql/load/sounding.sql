-- Where a day begins, from how many entries the source serves from it on, while all are known:
-- between the last of them and the one before, if there is one. NULL where these have one time.
WITH newest AS (
    SELECT position_at, row_number() OVER (ORDER BY position_at DESC) AS rank
    FROM known_entries
    WHERE organization_id = $organization_id
        AND position_at >= $from_day::DATE::TIMESTAMPTZ - INTERVAL 30 DAY
),
sides AS (
    SELECT
        max(position_at) FILTER (WHERE rank = $total::BIGINT) AS oldest,
        max(position_at) FILTER (WHERE rank = $total::BIGINT + 1) AS before
    FROM newest
)
SELECT
    CASE WHEN (oldest > before) IS NOT FALSE THEN oldest::VARCHAR END,
    CASE WHEN oldest > before THEN before::VARCHAR END
FROM sides;
