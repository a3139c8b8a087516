-- The id and the time of entries that Python leaves to DuckDB, and their kind of JSON (NULL: none).
-- $texts: the entries as served, joined by $separator. In braces: made from columns.sql.
SELECT kind, {fields}
FROM (
    SELECT raw, entry, json_type(entry) AS kind, json_extract_string(entry, {texts}) AS texts
    FROM (
        SELECT raw, TRY_CAST(raw AS JSON) AS entry
        FROM (SELECT unnest(string_split($texts, $separator)) AS raw)
    )
);
