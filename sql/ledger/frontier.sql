-- Where days are wanting: the first day after the last of them, and the newest known entry from then
-- on, not after the run that proved them.
WITH frontier AS (
    SELECT max(to_day) AS from_day
    FROM coverage
    WHERE organization_id = $organization_id AND verdict <> 'complete'
        AND to_day > coalesce($history_from::DATE, DATE '0001-01-01')
    HAVING max(to_day) < DATE '9999-12-31'
)
SELECT
    (
        SELECT max(position_at)::VARCHAR FROM known_entries
        WHERE organization_id = $organization_id
            AND position_at <= (
                SELECT proven_at FROM watermark WHERE organization_id = $organization_id
            )
            AND position_at >= frontier.from_day::TIMESTAMPTZ
    ),
    from_day::VARCHAR
FROM frontier;
