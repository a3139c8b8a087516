-- Rows of {origin} whose columns differ from what the mapping takes from their text, each as it should be;
-- `old_id` is the id that it has, `differs` names the columns. Of rows $first to $last, by their rowid.
-- $given: a JSON list, for some of them the content hash and JSON columns that Python has read.
-- In braces: made by derive.py, from columns.sql and spellings.sql.
WITH given AS (
    SELECT it.place AS place, it.hash AS hash, it.exact AS exact
    FROM (
        SELECT unnest(from_json($given, '[{"place": "BIGINT", "hash": "VARCHAR", "exact": "VARCHAR"}]')) AS it
    )
),
parsed AS (
    SELECT
        stored.*, {entry} AS entry, given.exact AS exact,
        coalesce(given.hash, stored.content_hash) AS hash
    FROM ({rows}) AS stored
    LEFT JOIN given ON given.place = stored.place
),
taken AS (
    SELECT
        *, json_extract_string(entry, {texts}) AS texts, json_extract(entry, {values}) AS vals
    FROM parsed
),
named AS (
    -- As columns: the macros repeat what they are given many times, and DuckDB plans all of it.
    SELECT *, {id} AS id_text, {time} AS time_text FROM taken
),
identified AS (
    SELECT
        *, {usable} AS new_time,
        coalesce(nullif(id_text, ''), 'content:' || left(hash, 32)) AS new_id,
        CASE
            WHEN reason IN ('not_json', 'not_an_object') THEN reason
            WHEN time_text IS NULL THEN 'no_time'
            ELSE 'unreadable_time'
        END AS new_reason
    FROM named
),
others AS (
    SELECT * FROM identified
    WHERE id <> new_id OR content_hash <> hash OR {any_differs}
)
SELECT
    '{origin}' AS origin,
    * EXCLUDE (entry, exact, hash, texts, vals, id_text, time_text, new_time, new_id, new_reason, stored_id)
        REPLACE ({replaced}, new_time AS occurred_at, hash AS content_hash, new_id AS id,
            new_reason AS reason),
    stored_id AS old_id,
    list_filter(
        [
            CASE WHEN id <> new_id THEN 'id' END,
            CASE WHEN content_hash <> hash THEN 'content_hash' END,
            {differing}
        ],
        lambda name: name IS NOT NULL
    ) AS differs
FROM others;
