-- id: above_baseline
-- title: An actor does far more in a day than they ever do
-- severity: medium
-- technique: T1059.009
-- advice: See whether a person can have done it (actor_timeline); at this pace it is often a script
--   with the person's token.
-- false alarms: Imports, migrations, clean-ups before a deadline; the first week in a new job.
WITH days AS (
    SELECT organization_id, actor_key, local_day, count(*) AS entries
    FROM local_entries
    WHERE actor_key IS NOT NULL
    GROUP BY ALL
-- Nobody who never had more than twenty entries in a day has days worth comparing.
), lively AS (
    SELECT organization_id, actor_key
    FROM days
    GROUP BY organization_id, actor_key
    HAVING max(entries) > 20
), compared AS (
    SELECT
        *,
        count(*) OVER before AS days_before,
        avg(entries) OVER before AS usual,
        stddev_pop(entries) OVER before AS spread
    FROM days
    JOIN lively USING (organization_id, actor_key)
    WINDOW before AS (
        PARTITION BY organization_id, actor_key ORDER BY local_day
        ROWS BETWEEN 30 PRECEDING AND 1 PRECEDING
    )
-- From the calendar by which the days are counted, and not from midnight to midnight: where clocks are put
-- back to midnight, that comes twice, and DuckDB takes the later.
), bounds AS (
    SELECT
        local_day,
        make_timestamptz(min(quarter_hour) * 900000000) AS begins_at,
        make_timestamptz((max(quarter_hour) + 1) * 900000000) AS ends_at
    FROM local_calendar
    GROUP BY local_day
), exceeded AS (
    SELECT *, greatest(20, 3 * usual, usual + 4 * spread) AS bound
    FROM compared
    JOIN bounds USING (local_day)
    WHERE days_before >= 10 AND entries > greatest(20, 3 * usual, usual + 4 * spread)
-- The entry with which the day went above: the finding stays where it is while the day goes on.
), numbered AS (
    SELECT
        log.*,
        exceeded.*,
        row_number() OVER (
            PARTITION BY log.organization_id, log.actor_key, local_day
            ORDER BY occurred_at, entry_id
        ) AS number
    FROM entries AS log
    JOIN exceeded
        ON exceeded.organization_id = log.organization_id
        AND exceeded.actor_key = log.actor_key
        AND log.occurred_at >= begins_at AND log.occurred_at < ends_at
)
SELECT
    organization_id,
    occurred_at,
    actor_key AS actor_id,
    entry_id,
    format(
        '{} made {} entries on {}, against {:.1f} on the active days before',
        known_as(actor_name, actor_id), entries, local_day, usual
    ) AS explanation
FROM numbered
WHERE number = floor(bound) + 1
