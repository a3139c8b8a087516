-- id: new_admin_actor
-- title: Somebody does an administrative act for the first time
-- severity: low
-- technique: T1078.004
-- advice: Check who gave this actor the rights (access_of), and that they know.
-- false alarms: New administrators, automation newly connected, holiday cover. Everybody is new at the
--   beginning of the history, so its first week reports nobody.
WITH beginnings AS (
    SELECT organization_id, min(occurred_at) AS begun_at
    FROM entries
    GROUP BY organization_id
), firsts AS (
    SELECT
        organization_id,
        actor_key,
        -- Keeping one's own profile is no administration.
        min(occurred_at) FILTER (NOT (
            entity_type = 'user' AND action_type = 'updated'
            AND coalesce(target_key, entity_key, '') = actor_key
        )) AS occurred_at
    FROM entries
    WHERE actor_key IS NOT NULL
        AND entity_type IN (
            'user', 'department', 'role', 'role_assignment', 'department_membership', 'permission'
        )
    GROUP BY organization_id, actor_key
), newcomers AS (
    SELECT organization_id, actor_key, occurred_at
    FROM firsts
    JOIN beginnings USING (organization_id)
    WHERE occurred_at > begun_at + INTERVAL 168 HOUR
-- Judged once more, and only in the end: from a CTE for both, or filtered before the join, DuckDB would
-- keep a copy of all such entries, which costs more than to read them again.
), judged AS (
    SELECT
        organization_id,
        actor_key,
        occurred_at,
        entry_id,
        actor_id,
        actor_name,
        action_type,
        entity_type,
        entity_type IN (
            'user', 'department', 'role', 'role_assignment', 'department_membership', 'permission'
        )
        AND NOT (
            entity_type = 'user' AND action_type = 'updated'
            AND coalesce(target_key, entity_key, '') = actor_key
        ) AS administrative
    FROM entries
    JOIN newcomers USING (organization_id, actor_key, occurred_at)
)
SELECT
    organization_id,
    occurred_at,
    actor_key AS actor_id,
    min(entry_id) AS entry_id,
    format(
        '{} did an administrative act for the first time: {} {}',
        known_as(arg_min(actor_name, entry_id), arg_min(actor_id, entry_id)),
        arg_min(action_type, entry_id), arg_min(entity_type, entry_id)
    ) AS explanation
FROM judged
GROUP BY organization_id, actor_key, occurred_at, administrative
HAVING administrative
