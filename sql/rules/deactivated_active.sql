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
-- One finding for each day, so that an account at work all day is one line and not a thousand, however
-- often it was deactivated that day. What it tells is of one entry: an any_value for each column would
-- take the name from another.
), days AS (
    SELECT
        organization_id,
        actor_key,
        CAST(occurred_at AT TIME ZONE etl_timezone() AS DATE) AS local_day,
        min(occurred_at) AS first_at,
        min(off_at) AS first_off_at,
        count(*) AS times,
        arg_min(
            {'id': entry_id, 'actor_id': actor_id, 'actor_name': actor_name}, (occurred_at, entry_id)
        ) AS entry
    FROM entries
    JOIN spans USING (organization_id, actor_key)
    WHERE change = 'revoked' AND occurred_at > off_at AND occurred_at < until
    GROUP BY ALL
)
SELECT
    organization_id,
    first_at AS occurred_at,
    actor_key AS actor_id,
    entry.id AS entry_id,
    format(
        '{} acted on {}, {}, although deactivated or removed on {}',
        known_as(entry.actor_name, entry.actor_id),
        local_day,
        CASE times WHEN 1 THEN 'once' ELSE times || ' times' END,
        local_text(first_off_at)
    ) AS explanation
FROM days
