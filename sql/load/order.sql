-- What the new pages show: whether all of them are in the order of time, and which end came first
-- (-1 newest, 1 oldest, NULL where all times are equal). $page: the first of them.
WITH steps AS (
    SELECT sign(epoch_us(occurred_at) - epoch_us(lag(occurred_at) OVER same_page)) AS step, occurred_at
    FROM served
    WHERE page >= $page
    WINDOW same_page AS (PARTITION BY page ORDER BY number)
)
SELECT
    coalesce(bool_and(occurred_at IS NOT NULL), TRUE)
        AND coalesce(min(step), 0) * coalesce(max(step), 0) >= 0,
    nullif(min(step) + max(step), 0)
FROM steps;
