-- Not a part of latest_names, which reads it twice: a WITH would be kept, a copy of the whole log.
CREATE OR REPLACE MACRO keyed_entries(key_kind) AS TABLE
SELECT
    organization_id,
    occurred_at,
    CASE key_kind
        WHEN 'actor' THEN actor_key WHEN 'department' THEN department_key
        WHEN 'entity' THEN entity_key WHEN 'target' THEN target_key
    END AS key,
    CASE key_kind
        WHEN 'actor' THEN actor_id WHEN 'department' THEN department_id
        WHEN 'entity' THEN entity_id WHEN 'target' THEN target_id
    END AS id,
    CASE key_kind
        WHEN 'actor' THEN actor_name WHEN 'department' THEN department_name
        WHEN 'entity' THEN entity_name WHEN 'target' THEN target_name
    END AS name,
    CASE key_kind WHEN 'actor' THEN actor_email END AS email
FROM entries;

-- The names themselves are read last, and only where an entry is of the same instant as a latest
-- name: most of the log's names need not be looked at.
CREATE OR REPLACE MACRO latest_names(key_kind) AS TABLE
WITH latest AS (
    SELECT
        organization_id,
        key,
        bool_or(id IS NOT NULL) AS has_id,
        -- Not by FILTER: in a CASE, DuckDB reads no column that it knows to be without NULL.
        max(CASE WHEN name IS NOT NULL THEN occurred_at END) AS named_at,
        max(CASE WHEN email IS NOT NULL THEN occurred_at END) AS mailed_at
    FROM keyed_entries(key_kind)
    WHERE key IS NOT NULL
    GROUP BY organization_id, key
), spellings AS (
    SELECT organization_id, key, occurred_at, max(name) AS name, max(email) AS email
    FROM keyed_entries(key_kind)
    SEMI JOIN (SELECT unnest([named_at, mailed_at]) AS occurred_at FROM latest) AS instants
        USING (occurred_at)
    GROUP BY organization_id, key, occurred_at
)
SELECT
    latest.organization_id,
    latest.key,
    CASE WHEN latest.has_id THEN latest.key END AS id,
    by_name.name,
    by_email.email
FROM latest
LEFT JOIN spellings AS by_name
    ON by_name.organization_id = latest.organization_id
    AND by_name.key = latest.key AND by_name.occurred_at = latest.named_at
LEFT JOIN spellings AS by_email
    ON by_email.organization_id = latest.organization_id
    AND by_email.key = latest.key AND by_email.occurred_at = latest.mailed_at;
