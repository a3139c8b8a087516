-- An entry without a time of its own stands where its nearest readable neighbour on the page does, the
-- one before it first; where no entry of a page has a time, at $fallback. Without an id as well it
-- is known by its content and its place.
UPDATE served SET
    position_at = coalesce(near.position_at, $fallback::TIMESTAMPTZ),
    id = CASE
        WHEN served.own_id IS NULL
            THEN served.id || coalesce('@' || epoch_us(near.position_at), '')
        ELSE served.id
    END
FROM (
    SELECT
        page, place,
        coalesce(
            last_value(occurred_at IGNORE NULLS) OVER (
                PARTITION BY page ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            ),
            first_value(occurred_at IGNORE NULLS) OVER (
                PARTITION BY page ORDER BY place ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
            )
        ) AS position_at
    FROM served
    WHERE page >= $page
) AS near
WHERE served.page >= $page AND served.occurred_at IS NULL
    AND near.page = served.page AND near.place = served.place;
