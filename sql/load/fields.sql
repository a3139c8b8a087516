-- The columns of entries, from their texts; part of the statements that store them.
-- $texts: the entries as served. $numbers: the number under which each is staged. $exact: for each its JSON
-- columns as served, as one JSON object, or empty where DuckDB writes them in the same way. Each of the three
-- is one text, joined by $separator, which no entry holds.
-- Of a text that is not JSON all columns are NULL. In braces: made from columns.sql and spellings.sql.
SELECT
    raw, number, {fields}
FROM (
    SELECT
        raw, number, entry, exact,
        json_extract_string(entry, {texts}) AS texts,
        json_extract(entry, {values}) AS vals
    FROM (
        SELECT raw, number, TRY_CAST(raw AS JSON) AS entry, nullif(exact, '') AS exact
        FROM (
            SELECT
                unnest(string_split($texts, $separator)) AS raw,
                unnest(string_split($numbers, $separator))::INTEGER AS number,
                unnest(string_split($exact, $separator)) AS exact
        )
    )
)
