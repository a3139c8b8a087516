-- The rows of {origin} that do not follow from their text by a mapping, each as it should be; `old_id` is the
-- id that it has, `differs` names the columns. Of rows $first to $last, by their rowid.
-- $given: for some of them the content hash and JSON columns that Python has read: a JSON list.
-- In braces: made from columns.sql.
WITH given AS (
    SELECT it.place AS place, it.hash AS hash, it.exact AS exact
    FROM (
        SELECT unnest(from_json($given, '[{"place": "BIGINT", "hash": "VARCHAR", "exact": "VARCHAR"}]')) AS it
    )
),
parsed AS (
    SELECT
        stored.*, TRY_CAST(stored.raw AS JSON) AS entry, given.exact AS exact,
        coalesce(given.hash, stored.content_hash) AS hash
    FROM ({rows}) AS stored
    LEFT JOIN given ON given.place = stored.place
    WHERE stored.place BETWEEN $first AND $last
),
taken AS (
    SELECT
        *, json_extract_string(entry, {texts}) AS texts, json_extract(entry, {values}) AS vals
    FROM parsed
),
derived AS (
    SELECT
        * EXCLUDE (entry, exact, hash, texts, vals)
            REPLACE ({replaced}, usable_time({time}) AS occurred_at, hash AS content_hash,
                coalesce(nullif({id}, ''), 'content:' || left(hash, 32)) AS id,
                CASE WHEN {time} IS NULL THEN 'no_time' ELSE 'unreadable_time' END AS reason),
        id AS old_id,
        [{differing}] AS differing,
        content_hash <> hash AS another_hash, occurred_at AS old_time,
        reason AS old_reason
    FROM taken
)
SELECT
    '{origin}' AS origin,
    * EXCLUDE (differing, another_hash, old_time, old_reason),
    list_filter(
        differing || [
            CASE WHEN id <> old_id THEN 'id' END,
            CASE WHEN occurred_at IS DISTINCT FROM old_time THEN 'occurred_at' END,
            CASE WHEN another_hash THEN 'content_hash' END,
            CASE WHEN occurred_at IS NULL AND reason <> old_reason THEN 'reason' END
        ],
        lambda name: name IS NOT NULL
    ) AS differs
FROM derived
WHERE len(differs) > 0;
