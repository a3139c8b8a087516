-- From the texts of many pages to rows of `served`, in one pass.
--
-- $texts: the entries as served, $marks: for each its content hash (64 hex digits) and where it was
-- served, `page:walk:steady:skip:place`; both joined by $separator, which no entry holds. (A list
-- parameter costs DuckDB 1.5 a hundred times as much.) {texts}, {values}, {fields}: made from
-- spellings.sql. What is irregular is made good by the statements after this one: window functions
-- over rows as wide as these cost more than all else.
INSERT INTO served
WITH entries AS (
    SELECT
        unnest(string_split($texts, $separator)) AS raw,
        unnest(string_split($marks, $separator)) AS mark
),
parsed AS (
    SELECT
        raw, left(mark, 64) AS content_hash, string_split(substr(mark, 65), ':') AS place,
        TRY_CAST(raw AS JSON) AS entry
    FROM entries
),
extracted AS (
    SELECT
        raw, content_hash, place, json_type(entry) AS kind,
        json_extract_string(entry, {texts}) AS texts,
        json_extract(entry, {values}) AS vals
    FROM parsed
),
named AS (
    SELECT raw, content_hash, place, kind, {fields}
    FROM extracted
),
timed AS (
    SELECT
        * REPLACE (
            CASE WHEN kind = 'OBJECT' THEN nullif(id, '') END AS id,
            CASE
                WHEN kind <> 'OBJECT' OR kind IS NULL THEN NULL
                WHEN NOT regexp_full_match(occurred_at, '-?[0-9]+([.][0-9]+)?([eE][+]?[0-9]+)?')
                    THEN TRY_CAST(occurred_at AS TIMESTAMPTZ)
                -- epoch seconds, milliseconds, microseconds or nanoseconds, by their size
                WHEN abs(TRY_CAST(occurred_at AS DOUBLE)) < 1e11
                    THEN to_timestamp(occurred_at::DOUBLE)
                WHEN abs(TRY_CAST(occurred_at AS DOUBLE)) < 1e14
                    THEN to_timestamp(occurred_at::DOUBLE / 1e3)
                WHEN abs(TRY_CAST(occurred_at AS DOUBLE)) < 1e17
                    THEN to_timestamp(occurred_at::DOUBLE / 1e6)
                WHEN abs(TRY_CAST(occurred_at AS DOUBLE)) < 1e20
                    THEN to_timestamp(occurred_at::DOUBLE / 1e9)
            END AS occurred_at
        ),
        occurred_at IS NOT NULL AS has_time
    FROM named
),
judged AS (
    SELECT
        * REPLACE (
            CASE
                WHEN occurred_at BETWEEN TIMESTAMPTZ '0001-01-02 00:00:00+00'
                    AND TIMESTAMPTZ '9999-12-30 00:00:00+00' THEN occurred_at
            END AS occurred_at
        )
    FROM timed
)
SELECT
    place[2], place[1], place[5], place[4]::BIGINT + place[5]::BIGINT, place[3],
    -- An entry without an id is known by its content.
    coalesce(id, 'content:' || left(content_hash, 32)),
    id,
    CASE
        WHEN kind IS NULL THEN 'not_json'
        WHEN kind <> 'OBJECT' THEN 'not_an_object'
        WHEN NOT has_time THEN 'no_time'
        WHEN occurred_at IS NULL THEN 'unreadable_time'
    END,
    occurred_at, FALSE, occurred_at,
    action_type, entity_type, entity_id, entity_name, actor_id, actor_name, actor_email,
    target_type, target_id, target_name, department_id, department_name,
    nullif(previous_value, 'null'), nullif(new_value, 'null'), nullif(metadata, 'null'),
    raw, content_hash
FROM judged;
