-- From what was read of the entries of many pages to rows of `served`.
-- $marks: for each entry `content hash:walk:page:flaw`; $ids and $times: what it says of itself. All three
-- joined by $separator, which none holds: a list parameter costs DuckDB 1.5 a hundred times as much.
INSERT INTO served BY NAME
WITH entries AS (
    SELECT
        unnest(range($first, $end)) AS number,
        unnest(string_split($marks, $separator)) AS mark,
        unnest(string_split($ids, $separator)) AS id,
        unnest(string_split($times, $separator)) AS time
),
timed AS (
    SELECT number, id, string_split(mark, ':') AS parts, usable_time(time) AS occurred_at
    FROM entries
)
SELECT
    number, parts[2]::INTEGER AS walk, parts[3]::INTEGER AS page, id,
    coalesce(
        nullif(parts[4], ''), CASE WHEN occurred_at IS NULL THEN 'unreadable_time' END
    ) AS reason,
    occurred_at, parts[1] AS content_hash
FROM timed;
