-- Each window begins where the one before it ends, and the last is open.
SELECT organization_id, from_day, to_day, next_from
FROM (
    SELECT
        organization_id, from_day, to_day,
        lead(from_day) OVER (PARTITION BY organization_id ORDER BY from_day, to_day) AS next_from
    FROM windows
)
WHERE to_day IS DISTINCT FROM next_from OR to_day <= from_day;
