-- The fields of entries, from their texts; part of the statements that store them.
-- $texts: the entries as served, $numbers: for each the one it is staged under; both joined by $separator,
-- which no entry holds. $exact: JSON values as served, where DuckDB would write them otherwise: a JSON list.
-- What is no JSON has no field. In braces: made from columns.sql.
SELECT
    raw, number, {fields}
FROM (
    SELECT
        raw, number, entry, exact,
        json_extract_string(entry, {texts}) AS texts,
        json_extract(entry, {values}) AS vals
    FROM (
        SELECT raw, number, TRY_CAST(raw AS JSON) AS entry
        FROM (
            SELECT
                unnest(string_split($texts, $separator)) AS raw,
                unnest(string_split($numbers, $separator))::INTEGER AS number
        )
    )
    LEFT JOIN (
        SELECT served.number AS number, served.exact AS exact
        FROM (SELECT unnest(from_json($exact, '[{"number": "INTEGER", "exact": "VARCHAR"}]')) AS served)
    ) USING (number)
)
