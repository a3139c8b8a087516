-- id: mass_removal
-- title: Ten or more deletions or removals by one actor within ten minutes
-- severity: high
-- technique: T1485
-- advice: If nobody planned it, suspend the actor's account first; then list what was removed
--   (actor_timeline) and restore it.
-- false alarms: Clearing out after a project, off-boarding a whole team, a clean-up script.
WITH removals AS (
    SELECT
        organization_id, actor_key, occurred_at, entry_id,
        lag(occurred_at, 9) OVER (
            PARTITION BY organization_id, actor_key ORDER BY occurred_at, entry_id
        ) AS ninth_before
    FROM entries
    WHERE actor_key IS NOT NULL AND action_type IN (
        'deleted', 'removed', 'unassigned', 'membership_removed', 'deactivated'
    )
)
SELECT * FROM removals
WHERE occurred_at - ninth_before <= INTERVAL 10 MINUTE
