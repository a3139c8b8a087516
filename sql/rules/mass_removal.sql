-- id: mass_removal
-- title: Ten or more deletions or removals by one actor within ten minutes
-- severity: high
-- technique: T1485
-- advice: If nobody planned it, suspend the actor's account first; then list what was removed
--   (actor_timeline) and restore it.
-- false alarms: Clearing out after a project; off-boarding a whole team; a clean-up script.
-- Ten within ten minutes lie in two neighbouring tens by the clock, and five of them in one. Looking
-- only around such tens spares sorting millions of harmless removals.
WITH busy AS (
    SELECT organization_id, actor_key, epoch_us(occurred_at) // 600000000 AS ten_minutes
    FROM entries
    WHERE actor_key IS NOT NULL
        AND is_removal(action_type)
    GROUP BY ALL
    HAVING count(*) >= 5
), around AS (
    SELECT DISTINCT organization_id, actor_key, ten_minutes + step AS ten_minutes
    FROM busy
    CROSS JOIN (VALUES (-1), (0), (1)) AS neighbours (step)
-- Judged once more, and counted by FILTER: a filter shared with the above, or a CTE for both, would
-- have DuckDB keep a copy of all removals, which costs more than to read them again.
), judged AS (
    SELECT organization_id, actor_key, occurred_at, is_removal(action_type) AS removes
    FROM entries
    SEMI JOIN around
        ON around.organization_id = entries.organization_id
        AND around.actor_key = entries.actor_key
        AND around.ten_minutes = epoch_us(entries.occurred_at) // 600000000
), counted AS (
    SELECT
        *,
        count(*) FILTER (removes) OVER (
            PARTITION BY organization_id, actor_key ORDER BY occurred_at
            RANGE BETWEEN INTERVAL 10 MINUTE PRECEDING AND CURRENT ROW
        ) AS within_ten_minutes
    FROM judged
-- One finding for each burst: the instant at which it became one.
), bursts AS (
    SELECT *
    FROM counted
    WHERE removes AND within_ten_minutes >= 10
    QUALIFY coalesce(
        occurred_at - lag(occurred_at) OVER (
            PARTITION BY organization_id, actor_key ORDER BY occurred_at
        ) > INTERVAL 10 MINUTE,
        true
    )
)
-- What was removed is read only here, of the few entries at such instants.
SELECT
    organization_id,
    occurred_at,
    actor_key AS actor_id,
    entry_id,
    format(
        '{} deleted or removed {} things within ten minutes, lastly {} {}',
        known_as(actor_name, actor_id), within_ten_minutes,
        coalesce(entity_type, 'something of unknown type:'),
        known_as(entity_name, entity_id)
    ) AS explanation
FROM entries
JOIN bursts USING (organization_id, actor_key, occurred_at)
QUALIFY row_number() OVER (
    PARTITION BY organization_id, actor_key, occurred_at
    ORDER BY NOT is_removal(action_type), entry_id
) = 1
