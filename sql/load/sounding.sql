-- Where a day begins, from how many entries the source serves from it on, while all are known:
-- between the last of them and the one before, if there is one. NULL where these have one time, and
-- where $from_day begins between them in no zone.
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
),
told AS (
    SELECT
        oldest, before,
        oldest >= $from_day::DATE::TIMESTAMPTZ - INTERVAL 14 HOUR
            AND (before < least(oldest, $from_day::DATE::TIMESTAMPTZ + INTERVAL 12 HOUR))
                IS NOT FALSE AS possible
    FROM sides
)
SELECT
    CASE WHEN possible THEN oldest::VARCHAR END,
    CASE WHEN possible THEN before::VARCHAR END
FROM told;
