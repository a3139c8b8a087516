-- id: dormant_returns
-- title: An actor is back after 45 days of silence or more
-- severity: medium
-- technique: T1078.004
-- advice: Ask the person whether it was them. Accounts that nobody uses for 45 days are better
--   deactivated (CIS Control 5.3).
-- false alarms: Parental leave, sabbaticals, seasonal work, jobs that run once a quarter.
-- Two entries 45 days apart never share a stretch of 45 days, so first and last of each will do.
WITH stretches AS (
    SELECT
        organization_id,
        actor_key,
        epoch_us(occurred_at) // (45 * 86400000000) AS stretch,
        min(occurred_at) AS first_at,
        max(occurred_at) AS last_at
    FROM entries
    WHERE actor_key IS NOT NULL
    GROUP BY ALL
), returns AS (
    SELECT
        organization_id,
        actor_key,
        first_at AS occurred_at,
        lag(last_at) OVER (PARTITION BY organization_id, actor_key ORDER BY stretch) AS silent_since
    FROM stretches
    QUALIFY first_at - silent_since >= to_hours(45 * 24)
)
SELECT
    organization_id,
    occurred_at,
    actor_key AS actor_id,
    entry_id,
    format(
        '{} is back after {} days of silence (since {})',
        known_as(actor_name, actor_id),
        datediff('hour', silent_since, occurred_at) // 24, local_text(silent_since)
    ) AS explanation
FROM entries
JOIN returns USING (organization_id, actor_key, occurred_at)
-- One whole entry of each instant: an arg_min for each column would take the name from another.
QUALIFY row_number() OVER (
    PARTITION BY organization_id, actor_key, occurred_at ORDER BY entry_id
) = 1
