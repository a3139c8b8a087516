-- Entries whose time is astray: a day and more before or after all of their three or four neighbours
-- on their page, or a day and more after now ($latest).
UPDATE served SET astray = TRUE
FROM (
    SELECT
        page, place, occurred_at,
        lag(occurred_at) OVER pages AS before,
        lag(occurred_at, 2) OVER pages AS before_that,
        lead(occurred_at) OVER pages AS after,
        lead(occurred_at, 2) OVER pages AS after_that
    FROM served
    WINDOW pages AS (PARTITION BY page ORDER BY place)
) AS near
WHERE served.page = near.page AND served.place = near.place
    AND (
        near.occurred_at >= $latest::TIMESTAMPTZ
        OR (
            near.before IS NOT NULL AND near.after IS NOT NULL
            AND coalesce(near.before_that, near.after_that) IS NOT NULL
            AND (
                near.occurred_at + INTERVAL 1 DAY
                    < least(near.before, near.before_that, near.after, near.after_that)
                OR near.occurred_at - INTERVAL 1 DAY
                    > greatest(near.before, near.before_that, near.after, near.after_that)
            )
        )
    );
