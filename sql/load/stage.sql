-- From what was read of the entries of many pages to rows of `served`, in one pass.
--
-- $marks: for each entry its content hash (64 hex digits), where it was served and what is wrong with
-- it, as `page:walk:steady:skip:place:flaw`; $ids and $times: what it says of itself, empty for nothing.
-- All three joined by $separator, which none holds. (A list parameter costs DuckDB 1.5 a hundred times
-- as much.) What is irregular is made good by the statements after this one.
INSERT INTO served
WITH entries AS (
    SELECT
        unnest(range($first, $end)) AS number,
        unnest(string_split($marks, $separator)) AS mark,
        unnest(string_split($ids, $separator)) AS id,
        unnest(string_split($times, $separator)) AS time
),
located AS (
    SELECT
        number, left(mark, 64) AS content_hash, string_split(substr(mark, 65), ':') AS place,
        nullif(id, '') AS id, time
    FROM entries
),
timed AS (
    SELECT
        number, content_hash, place, id,
        CASE
            WHEN place[6] <> '' THEN NULL
            WHEN NOT regexp_full_match(time, '-?[0-9]+([.][0-9]+)?([eE][+]?[0-9]+)?')
                THEN TRY_CAST(time AS TIMESTAMPTZ)
            -- epoch seconds, milliseconds, microseconds or nanoseconds, by their size
            WHEN abs(TRY_CAST(time AS DOUBLE)) < 1e11 THEN to_timestamp(time::DOUBLE)
            WHEN abs(TRY_CAST(time AS DOUBLE)) < 1e14 THEN to_timestamp(time::DOUBLE / 1e3)
            WHEN abs(TRY_CAST(time AS DOUBLE)) < 1e17 THEN to_timestamp(time::DOUBLE / 1e6)
            WHEN abs(TRY_CAST(time AS DOUBLE)) < 1e20 THEN to_timestamp(time::DOUBLE / 1e9)
        END AS read_as
    FROM located
),
judged AS (
    SELECT
        number, content_hash, place, id,
        CASE
            WHEN read_as BETWEEN TIMESTAMPTZ '0001-01-02 00:00:00+00'
                AND TIMESTAMPTZ '9999-12-30 00:00:00+00' THEN read_as
        END AS occurred_at
    FROM timed
)
SELECT
    number, place[2], place[1], place[5], place[4]::BIGINT + place[5]::BIGINT, place[3],
    -- An entry without an id is known by its content.
    coalesce(id, 'content:' || left(content_hash, 32)),
    id,
    coalesce(nullif(place[6], ''), CASE WHEN occurred_at IS NULL THEN 'unreadable_time' END),
    occurred_at, FALSE, occurred_at, content_hash, NULL, NULL
FROM judged;
