-- Which entries those are that have neither an id nor a time. `astray`: they count elsewhere than
-- between the neighbours that they have here. Each list joined by $separator; empty for NULL.
UPDATE served SET
    id = named.id,
    not_before = make_timestamp(named.low) AT TIME ZONE 'UTC',
    not_after = make_timestamp(named.high) AT TIME ZONE 'UTC',
    astray = named.astray
FROM (
    SELECT
        unnest(string_split($numbers, $separator))::INTEGER AS number,
        unnest(string_split($ids, $separator)) AS id,
        nullif(unnest(string_split($lows, $separator)), '')::BIGINT AS low,
        nullif(unnest(string_split($highs, $separator)), '')::BIGINT AS high,
        unnest(string_split($astray, $separator))::BOOLEAN AS astray
) AS named
WHERE served.number = named.number;
