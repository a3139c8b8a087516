-- id: new_admin_actor
-- title: Somebody does an administrative act for the first time
-- severity: low
-- technique: T1078.004
-- advice: Check who gave this actor the rights (access_of), and that they know.
-- false alarms: New administrators, automation newly connected, holiday cover. Everybody is new at the
--   beginning of the history, so its first week reports nobody.
WITH judged AS NOT MATERIALIZED (
    SELECT
        *,
        entity_type IN (
            'user', 'department', 'role', 'role_assignment', 'department_membership', 'permission'
        )
        -- Keeping one's own profile is no administration.
        AND NOT (
            entity_type = 'user' AND action_type = 'updated'
            AND coalesce(target_key, entity_key, '') = actor_key
        ) AS administrative
    FROM entries
    WHERE actor_key IS NOT NULL
), beginnings AS (
    SELECT organization_id, min(occurred_at) AS begun_at
    FROM entries
    GROUP BY organization_id
-- FILTER rather than WHERE: with the same filter as below, DuckDB would keep a copy of all such
-- entries for both, which costs more than to read them again.
), firsts AS (
    SELECT organization_id, actor_key, min(occurred_at) FILTER (administrative) AS occurred_at
    FROM judged
    GROUP BY organization_id, actor_key
), newcomers AS (
    SELECT organization_id, actor_key, occurred_at
    FROM firsts
    JOIN beginnings USING (organization_id)
    WHERE occurred_at > begun_at + INTERVAL 168 HOUR
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
SEMI JOIN newcomers USING (organization_id, actor_key, occurred_at)
WHERE administrative
GROUP BY organization_id, actor_key, occurred_at
