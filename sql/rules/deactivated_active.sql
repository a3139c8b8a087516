-- id: deactivated_active
-- title: A deactivated account acts
-- severity: critical
-- technique: T1550.001
-- advice: Revoke the account's tokens and sessions now: deactivation did not end them. Then read what
--   was done (actor_timeline).
-- false alarms: A reactivation that the log does not hold; work queued before the deactivation and
--   carried out after it.
WITH switches AS (
    SELECT
        organization_id,
        coalesce(person_id, person_name) AS actor_key,
        change,
        occurred_at,
        entry_id
    FROM access_changes
    WHERE kind = 'account' AND coalesce(person_id, person_name) IS NOT NULL
), spans AS (
    SELECT
        organization_id,
        actor_key,
        change,
        occurred_at AS off_at,
        coalesce(lead(occurred_at) OVER sequence, TIMESTAMPTZ 'infinity') AS until
    FROM switches
    WINDOW sequence AS (
        PARTITION BY organization_id, actor_key ORDER BY occurred_at, change DESC, entry_id
    )
)
-- One finding for each day, so that an account at work all day is one line and not a thousand.
SELECT
    organization_id,
    min(occurred_at) AS occurred_at,
    actor_key AS actor_id,
    arg_min(entry_id, (occurred_at, entry_id)) AS entry_id,
    format(
        '{} acted on {}, {}, although deactivated or removed on {}',
        known_as(any_value(actor_name), any_value(actor_id)),
        CAST(occurred_at AT TIME ZONE etl_timezone() AS DATE),
        CASE count(*) WHEN 1 THEN 'once' ELSE count(*) || ' times' END,
        local_text(off_at)
    ) AS explanation
FROM entries
JOIN spans USING (organization_id, actor_key)
WHERE change = 'revoked' AND occurred_at > off_at AND occurred_at < until
GROUP BY organization_id, actor_key, off_at, CAST(occurred_at AT TIME ZONE etl_timezone() AS DATE)
