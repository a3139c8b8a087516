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
), actors AS (
    SELECT
        organization_id,
        actor_key,
        min(first_at) AS known_since,
        map(list(local_hour), list(first_at)) AS first_ats
    FROM hours
    GROUP BY organization_id, actor_key
), candidates AS (
    SELECT *, unnest(map_keys(first_ats)) AS local_hour
    FROM actors
), lonely AS (
    SELECT organization_id, actor_key, first_ats[local_hour] AS first_at
    FROM candidates
    WHERE first_at - known_since >= INTERVAL 216 HOUR
        AND coalesce(
            least(first_ats[(local_hour + 1) % 24], first_ats[(local_hour + 23) % 24]) >= first_at,
            true
        )
), familiar AS (
    SELECT organization_id, actor_key, first_at
    FROM entries
    JOIN lonely USING (organization_id, actor_key)
    WHERE occurred_at < first_at
    GROUP BY ALL
    HAVING count(*) >= 20
        AND count(DISTINCT CAST(occurred_at AT TIME ZONE etl_timezone() AS DATE)) >= 10
)
SELECT
    organization_id,
    occurred_at,
    actor_key AS actor_id,
    entry_id,
    format(
        '{} acted at {}, at an hour at which they never were before, nor within an hour of it',
        known_as(actor_name, actor_id), local_text(occurred_at)
    ) AS explanation
FROM entries
SEMI JOIN familiar
    ON familiar.organization_id = entries.organization_id
    AND familiar.actor_key = entries.actor_key
    AND familiar.first_at = entries.occurred_at
-- One whole entry of each instant: a value of any for each column would take the name from another.
QUALIFY row_number() OVER (
    PARTITION BY organization_id, actor_key, occurred_at ORDER BY entry_id
) = 1
