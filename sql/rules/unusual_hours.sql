-- id: unusual_hours
-- title: An actor is at work at an hour at which they never were
-- severity: low
-- technique: T1078.004
-- advice: Ask the person, above all if something sensitive was done then (actor_timeline).
-- false alarms: Travel, a new shift, a deadline; automation that is rescheduled. Reported once: from
--   then on the hour is the actor's own.
WITH hours AS (
    SELECT organization_id, actor_key, local_hour, min(occurred_at) AS first_at
    FROM local_entries
    WHERE actor_key IS NOT NULL
    GROUP BY ALL
), candidates AS (
    SELECT
        hours.organization_id,
        hours.actor_key,
        hours.local_hour,
        hours.first_at,
        min(others.first_at) AS known_since,
        min(others.first_at) FILTER (
            (others.local_hour - hours.local_hour + 24) % 24 IN (1, 23)
        ) AS neighbour_at
    FROM hours
    JOIN hours AS others USING (organization_id, actor_key)
    GROUP BY ALL
), lonely AS (
    SELECT *
    FROM candidates
    WHERE (neighbour_at IS NULL OR neighbour_at >= first_at)
        AND first_at - known_since >= INTERVAL 216 HOUR
), familiar AS (
    SELECT organization_id, actor_key, lonely.local_hour, first_at
    FROM entries
    JOIN lonely USING (organization_id, actor_key)
    WHERE occurred_at < first_at
    GROUP BY ALL
    HAVING count(*) >= 20
        AND count(DISTINCT CAST(occurred_at AT TIME ZONE etl_timezone() AS DATE)) >= 10
)
SELECT
    entries.organization_id,
    entries.occurred_at,
    entries.actor_key AS actor_id,
    min(entries.entry_id) AS entry_id,
    format(
        '{} acted at {}, at an hour at which they never were before, nor within an hour of it',
        known_as(any_value(actor_name), any_value(actor_id)), local_text(occurred_at)
    ) AS explanation
FROM entries
JOIN familiar
    ON familiar.organization_id = entries.organization_id
    AND familiar.actor_key = entries.actor_key
    AND familiar.first_at = entries.occurred_at
GROUP BY entries.organization_id, entries.actor_key, entries.occurred_at
