-- How the explanations of findings speak, so that all rules, and the user's own, speak alike.

CREATE OR REPLACE MACRO known_as(name, id) AS
    CASE
        WHEN name IS NULL OR name = id THEN coalesce(id, 'somebody unnamed')
        WHEN id IS NULL THEN name
        ELSE name || ' (' || id || ')'
    END;

CREATE OR REPLACE MACRO access_text(kind, name, id) AS
    CASE WHEN kind = 'account' THEN 'the account' ELSE kind || ' ' || known_as(name, id) END;

CREATE OR REPLACE MACRO local_text(moment) AS
    strftime(moment AT TIME ZONE etl_timezone(), '%Y-%m-%d %H:%M');

CREATE OR REPLACE MACRO span_text(span) AS
    CASE
        WHEN span < INTERVAL 72 HOUR THEN format('{:.1f} hours', epoch(span) / 3600)
        ELSE format('{:.1f} days', epoch(span) / 86400)
    END;
