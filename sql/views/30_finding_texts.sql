-- How the explanations of findings speak, so that all rules, and the user's own, speak alike.

CREATE OR REPLACE MACRO known_as(name, id) AS
    CASE
        WHEN name IS NULL OR name = id THEN coalesce(id, 'somebody unnamed')
        WHEN id IS NULL THEN name
        ELSE name || ' (' || id || ')'
    END;
COMMENT ON MACRO known_as IS 'A name with its id behind it, or what there is of the two';

CREATE OR REPLACE MACRO access_text(kind, name, id) AS
    CASE WHEN kind = 'account' THEN 'the account' ELSE kind || ' ' || known_as(name, id) END;
COMMENT ON MACRO access_text IS 'What was granted or revoked, in words';

CREATE OR REPLACE MACRO local_text(moment) AS
    strftime(moment AT TIME ZONE etl_timezone(), '%Y-%m-%d %H:%M');
COMMENT ON MACRO local_text IS 'A moment in ETL_TIMEZONE, as 2026-05-01 03:12';

CREATE OR REPLACE MACRO span_text(span) AS
    CASE
        WHEN span < INTERVAL 72 HOUR THEN format('{:.1f} hours', epoch(span) / 3600)
        ELSE format('{:.1f} days', epoch(span) / 86400)
    END;
COMMENT ON MACRO span_text IS 'How long something lasted, as 4.5 hours or 12.0 days';
