-- Who and when entries are, where they are written in a way that is left to DuckDB: the kind of JSON,
-- NULL for what is none, and the first id and time that are spelled.
-- $texts: the entries as served, joined by $separator. In braces: made from columns.sql.
SELECT kind, {fields}
FROM (
    SELECT raw, entry, json_type(entry) AS kind, json_extract_string(entry, {texts}) AS texts
    FROM (
        SELECT raw, TRY_CAST(raw AS JSON) AS entry
        FROM (SELECT unnest(string_split($texts, $separator)) AS raw)
    )
);
