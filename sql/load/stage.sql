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
    SELECT
        number, id, string_split(mark, ':') AS parts,
        CASE
            WHEN NOT regexp_full_match(time, '-?[0-9]+([.][0-9]+)?([eE][+]?[0-9]+)?')
                THEN TRY_CAST(time AS TIMESTAMPTZ)
            -- since 1970: by its size seconds, milliseconds, microseconds or nanoseconds
            WHEN abs(TRY_CAST(time AS DOUBLE)) < 1e11 THEN to_timestamp(time::DOUBLE)
            WHEN abs(TRY_CAST(time AS DOUBLE)) < 1e14 THEN to_timestamp(time::DOUBLE / 1e3)
            WHEN abs(TRY_CAST(time AS DOUBLE)) < 1e17 THEN to_timestamp(time::DOUBLE / 1e6)
            WHEN abs(TRY_CAST(time AS DOUBLE)) < 1e20 THEN to_timestamp(time::DOUBLE / 1e9)
        END AS read_as
    FROM entries
),
judged AS (
    SELECT
        *,
        read_as BETWEEN TIMESTAMPTZ '0001-01-02 00:00:00+00'
            AND TIMESTAMPTZ '9999-12-30 00:00:00+00' AS readable
    FROM timed
)
SELECT
    number, parts[2]::INTEGER AS walk, parts[3]::INTEGER AS page, id,
    coalesce(nullif(parts[4], ''), CASE WHEN readable THEN NULL ELSE 'unreadable_time' END) AS reason,
    CASE WHEN readable THEN read_as END AS occurred_at,
    parts[1] AS content_hash
FROM judged;
