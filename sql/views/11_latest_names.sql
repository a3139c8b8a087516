CREATE OR REPLACE MACRO latest_names(key_kind) AS TABLE
WITH spellings AS (
    SELECT
        organization_id,
        CASE key_kind
            WHEN 'actor' THEN actor_id WHEN 'department' THEN department_id
            WHEN 'entity' THEN entity_id WHEN 'target' THEN target_id
        END AS id,
        CASE key_kind
            WHEN 'actor' THEN actor_name WHEN 'department' THEN department_name
            WHEN 'entity' THEN entity_name WHEN 'target' THEN target_name
        END AS name,
        CASE key_kind WHEN 'actor' THEN actor_email END AS email,
        max(occurred_at) AS last_at
    FROM audit_log
    GROUP BY ALL
)
SELECT
    organization_id,
    coalesce(id, email, name) AS key,
    max(id) AS id,
    arg_max(name, (last_at, name)) AS name,
    arg_max(email, (last_at, email)) AS email
FROM spellings
WHERE coalesce(id, email, name) IS NOT NULL
GROUP BY organization_id, coalesce(id, email, name);
COMMENT ON MACRO TABLE latest_names IS 'Latest name of everything of one kind (actor, department, entity, target), by the key that it is counted under';
