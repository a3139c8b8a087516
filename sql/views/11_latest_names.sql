-- Which of an entry's columns a kind of key is about. DuckDB folds it, so that only that one is read.
CREATE OR REPLACE MACRO of_kind(kind, actor, department, action, entity, target) AS
    CASE kind
        WHEN 'actor' THEN actor WHEN 'department' THEN department WHEN 'action' THEN action
        WHEN 'entity' THEN entity WHEN 'target' THEN target
    END;

-- Not a part of numbered_names, which reads it twice: a WITH would be kept, a copy of the whole log.
CREATE OR REPLACE MACRO keyed_entries(key_kind) AS TABLE
SELECT
    organization_id,
    occurred_at,
    of_kind(key_kind, actor_key, department_key, action_type, entity_key, target_key) AS key,
    of_kind(key_kind, actor_id, department_id, action_type, entity_id, target_id) AS id,
    of_kind(key_kind, actor_name, department_name, NULL, entity_name, target_name) AS name,
    of_kind(key_kind, actor_email, NULL, NULL, NULL, NULL) AS email
FROM entries;

-- Every organization that an entry is of, with the number that stands for it.
CREATE OR REPLACE MACRO numbered_organizations() AS TABLE
SELECT
    organization_id,
    sole_number(
        key_number(organization_id),
        count(*) OVER (PARTITION BY key_number(organization_id)),
        organization_id
    ) AS organization_number
FROM (SELECT DISTINCT organization_id FROM entries);

-- What everything of a kind is called now, with the numbers that stand for it; and a row for what names
-- nothing, since NULL has a number too.
--
-- The names themselves are read last, and only where an entry is of the same instant as a latest
-- name: most of the log's names need not be looked at.
CREATE OR REPLACE MACRO numbered_names(key_kind) AS TABLE
WITH latest AS (
    SELECT
        key_number(organization_id) AS organization_number,
        key,
        bool_or(id IS NOT NULL) AS has_id,
        -- Not by FILTER: in a CASE, DuckDB reads no column that it knows to be without NULL.
        max(CASE WHEN name IS NOT NULL THEN occurred_at END) AS named_at,
        max(CASE WHEN email IS NOT NULL THEN occurred_at END) AS mailed_at
    FROM keyed_entries(key_kind)
    GROUP BY organization_number, key
), spellings AS (
    SELECT
        key_number(organization_id) AS organization_number,
        key, occurred_at, max(name) AS name, max(email) AS email
    FROM keyed_entries(key_kind)
    SEMI JOIN (SELECT unnest([named_at, mailed_at]) AS occurred_at FROM latest) AS instants
        USING (occurred_at)
    GROUP BY organization_number, key, occurred_at
)
SELECT
    organization_number,
    sole_number(
        key_number(latest.key),
        count(*) OVER (PARTITION BY organization_number, key_number(latest.key)),
        latest.key
    ) AS number,
    organization_id,
    latest.key,
    CASE WHEN latest.has_id THEN latest.key END AS id,
    by_name.name,
    by_email.email
FROM latest
JOIN numbered_organizations() USING (organization_number)
LEFT JOIN spellings AS by_name
    ON by_name.organization_number = latest.organization_number
    AND by_name.key = latest.key AND by_name.occurred_at = latest.named_at
LEFT JOIN spellings AS by_email
    ON by_email.organization_number = latest.organization_number
    AND by_email.key = latest.key AND by_email.occurred_at = latest.mailed_at;

CREATE OR REPLACE MACRO latest_names(key_kind) AS TABLE
SELECT organization_id, key, id, name, email
FROM numbered_names(key_kind)
WHERE key IS NOT NULL;
