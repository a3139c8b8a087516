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
        min(occurred_at) AS occurred_at
    FROM entries
    WHERE actor_key IS NOT NULL
        AND is_administrative(entity_type, action_type, coalesce(target_key, entity_key), actor_key)
    GROUP BY organization_id, actor_key
), newcomers AS (
    SELECT organization_id, actor_key, occurred_at
    FROM firsts
    JOIN beginnings USING (organization_id)
    WHERE occurred_at > begun_at + INTERVAL 168 HOUR
)
-- Judged once more, and only in the end: from a CTE for both, or filtered before the join, DuckDB would
-- keep a copy of all such entries, which costs more than to read them again.
SELECT
    organization_id,
    occurred_at,
    actor_key AS actor_id,
    entry_id,
    format(
        '{} did an administrative act for the first time: {} {}',
        known_as(actor_name, actor_id), coalesce(action_type, 'unknown action on'), entity_type
    ) AS explanation
FROM entries
JOIN newcomers USING (organization_id, actor_key, occurred_at)
QUALIFY row_number() OVER (
    PARTITION BY organization_id, actor_key, occurred_at
    ORDER BY
        NOT is_administrative(
            entity_type, action_type, coalesce(target_key, entity_key), actor_key
        ),
        entry_id
) = 1
