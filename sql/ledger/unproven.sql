-- A line for each stretch of days that is not proven, newest first.
SELECT
    CASE WHEN from_day = DATE '0001-01-01' THEN 'the beginning' ELSE from_day::VARCHAR END
    || ' to '
    || CASE WHEN to_day = DATE '9999-12-31' THEN 'now' ELSE (to_day - 1)::VARCHAR END
    || ': ' || CASE WHEN reason = '' THEN verdict ELSE reason END
FROM coverage
WHERE organization_id = $organization_id AND verdict <> 'complete'
ORDER BY from_day DESC;
