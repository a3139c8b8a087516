-- The fields of entries, from their texts; part of the statements that store them.
-- $texts: the entries as served, $places: for each its `page:place`; both joined by $separator, which
-- no entry holds. What is no JSON has no field. In braces: made from spellings.sql.
SELECT
    raw, place[1]::INTEGER AS page, place[2]::INTEGER AS place, {fields}
FROM (
    SELECT
        raw, string_split(place, ':') AS place,
        json_extract_string(entry, {texts}) AS texts,
        json_extract(entry, {values}) AS vals
    FROM (
        SELECT raw, place, TRY_CAST(raw AS JSON) AS entry
        FROM (
            SELECT
                unnest(string_split($texts, $separator)) AS raw,
                unnest(string_split($places, $separator)) AS place
        )
    )
)
