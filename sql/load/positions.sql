-- An entry without a time of its own stands where its nearest readable neighbour on the page does, the
-- one before it first; where no entry of a page has a time, where the nearest of its walk does; and
-- where none has, at that page's time of $fallbacks. Without an id as well it is known by its content
-- and its place.
UPDATE served SET
    position_at = coalesce(
        near.position_at,
        near.in_walk,
        (
            SELECT arg_max(walked.position_at, walked.spot) FROM walked
            WHERE walked.walk = near.walk AND walked.readable AND walked.spot < near.spot
        ),
        ($fallbacks::JSON ->> served.page::VARCHAR)::TIMESTAMPTZ
    ),
    id = CASE
        WHEN served.own_id IS NULL
            THEN served.id || coalesce('@' || epoch_us(near.position_at), '')
        ELSE served.id
    END
FROM (
    SELECT
        page, place, walk, spot,
        coalesce(
            last_value(occurred_at IGNORE NULLS) OVER (
                PARTITION BY page ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            ),
            first_value(occurred_at IGNORE NULLS) OVER (
                PARTITION BY page ORDER BY place ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
            )
        ) AS position_at,
        coalesce(
            last_value(occurred_at IGNORE NULLS) OVER (
                PARTITION BY walk ORDER BY spot ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            ),
            first_value(occurred_at IGNORE NULLS) OVER (
                PARTITION BY walk ORDER BY spot ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
            )
        ) AS in_walk
    FROM served
    WHERE page >= $page
) AS near
WHERE served.page >= $page AND served.occurred_at IS NULL
    AND near.page = served.page AND near.place = served.place;
