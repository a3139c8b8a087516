-- What the new pages show: whether all of them are in the order of time, and which end came first
-- (-1 newest, 1 oldest, NULL where all times are equal). $page: the first of them. Rows of a table in memory
-- come in the order in which they were inserted, so nothing needs to be sorted.
WITH steps AS (
    SELECT
        occurred_at,
        CASE
            WHEN page = lag(page) OVER () THEN
                sign(epoch_us(occurred_at) - epoch_us(lag(occurred_at) OVER ()))
        END AS step
    FROM served
    WHERE page >= $page
)
SELECT
    coalesce(bool_and(occurred_at IS NOT NULL), TRUE)
        AND coalesce(min(step), 0) * coalesce(max(step), 0) >= 0,
    nullif(min(step) + max(step), 0)
FROM steps;
