-- The windows of a stream, oldest first.
SELECT
    from_day::VARCHAR, to_day::VARCHAR, stated, total, read_to, reason, counted_on::VARCHAR,
    read_at::VARCHAR
FROM windows
WHERE organization_id = $organization_id
ORDER BY from_day;
