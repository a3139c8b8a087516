-- How times are read. ISO 8601 in all that DuckDB takes, and also: basic (20250601T100000Z), with a decimal
-- comma, with a space before the offset, with second 60 (the next minute); RFC 2822; and a Unix
-- time: its size decides whether it is in seconds, milliseconds, microseconds or nanoseconds. Without an offset: UTC.
CREATE OR REPLACE TEMP MACRO tidy_time(written) AS regexp_replace(regexp_replace(regexp_replace(
    trim(written),
    '^(\d{4})(\d\d)(\d\d)[Tt ](\d\d)(\d\d)(\d\d)', '\1-\2-\3T\4:\5:\6'),
    '(:\d\d),(\d)', '\1.\2'),
    '\s+(Z|[+-]\d\d:?(\d\d)?)$', '\1');

CREATE OR REPLACE TEMP MACRO written_time(written) AS coalesce(
    TRY_CAST(written AS TIMESTAMPTZ),
    TRY_CAST(tidy_time(written) AS TIMESTAMPTZ),
    TRY_CAST(regexp_replace(tidy_time(written), '(:\d\d):60', '\1:59') AS TIMESTAMPTZ) + INTERVAL 1 SECOND,
    try_strptime(
        regexp_replace(regexp_replace(trim(written), '^\w+,\s*', ''), '\s*\(.*\)$', ''),
        ['%d %b %Y %H:%M:%S %z', '%d %b %Y %H:%M %z', '%d %b %Y %H:%M:%S %Z', '%d %b %Y %H:%M %Z']
    )
);

CREATE OR REPLACE TEMP MACRO counted_time(written) AS CASE
    WHEN abs(TRY_CAST(written AS DOUBLE)) < 1e11 THEN to_timestamp(written::DOUBLE)
    WHEN abs(TRY_CAST(written AS DOUBLE)) < 1e14 THEN to_timestamp(written::DOUBLE / 1e3)
    WHEN abs(TRY_CAST(written AS DOUBLE)) < 1e17 THEN to_timestamp(written::DOUBLE / 1e6)
    WHEN abs(TRY_CAST(written AS DOUBLE)) < 1e20 THEN to_timestamp(written::DOUBLE / 1e9)
END;

CREATE OR REPLACE TEMP MACRO read_time(written) AS CASE
    WHEN regexp_full_match(written, '-?[0-9]+([.][0-9]+)?([eE][+]?[0-9]+)?') THEN counted_time(written)
    ELSE written_time(written)
END;

-- NULL for a time that DuckDB could not show in every time zone.
CREATE OR REPLACE TEMP MACRO usable_time(written) AS CASE
    WHEN read_time(written) BETWEEN TIMESTAMPTZ '0001-01-02 00:00:00+00'
        AND TIMESTAMPTZ '9999-12-30 00:00:00+00' THEN read_time(written)
END;
