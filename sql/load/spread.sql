-- Days that cut a range into parts of at most $most known entries, or of one day.
WITH days AS (
    SELECT (position_at AT TIME ZONE $zone)::DATE AS day, count(*) AS entries
    FROM known_entries
    WHERE organization_id = $organization_id
        AND ($from_day IS NULL OR position_at >= $from_day::DATE::TIMESTAMP AT TIME ZONE $zone)
        AND ($to_day IS NULL OR position_at < $to_day::DATE::TIMESTAMP AT TIME ZONE $zone)
    GROUP BY day
),
parts AS (
    SELECT day, (sum(entries) OVER (ORDER BY day) - 1) // $most::BIGINT AS part FROM days
)
SELECT min(day)::VARCHAR AS cut FROM parts GROUP BY part HAVING part > 0 ORDER BY cut;
