-- What the three activity views share, as macros of the kind of key. DuckDB folds the CASEs, so
-- that each reads the columns of its own kind only.

-- With another kind given, its figures come from the same pass over the log: right where the two kinds
-- are few together (departments and actions). For others, activity_counterparts counts apart.
--
-- Days are noted as bits, sixty in a number: a group for each key and day would be a million of them,
-- more than a processor's cache holds.
CREATE OR REPLACE MACRO activity_totals_with(key_kind, other_kind) AS TABLE
WITH calendar AS (
    SELECT
        quarter_hour,
        outside_working_hours,
        weekend,
        floor((local_day - DATE '1970-01-01') / 60) AS sixty_days,
        CAST(1 AS BIGINT) << CAST((local_day - DATE '1970-01-01') - 60 * sixty_days AS INTEGER) AS day_bit
    FROM local_calendar
), counted AS (
    SELECT
        organization_id,
        CASE key_kind
            WHEN 'actor' THEN actor_key
            WHEN 'department' THEN department_key
            WHEN 'action' THEN action_type
        END AS key,
        CASE other_kind
            WHEN 'actor' THEN actor_key
            WHEN 'department' THEN department_key
            WHEN 'action' THEN action_type
        END AS other_key,
        sixty_days,
        count(*) AS entries,
        min(occurred_at) AS first_at,
        max(occurred_at) AS last_at,
        bit_or(day_bit) AS days,
        count(*) FILTER (is_recent(occurred_at, 7)) AS last_7_days,
        count(*) FILTER (is_recent(occurred_at, 30)) AS last_30_days,
        count(*) FILTER (outside_working_hours) AS outside_working_hours,
        count(*) FILTER (weekend) AS at_weekends
    FROM entries
    JOIN calendar ON calendar.quarter_hour = quarter_hour(entries.occurred_at)
    GROUP BY organization_id, key, other_key, sixty_days
), totals AS (
    SELECT
        organization_id,
        key,
        CAST(sum(entries) AS BIGINT) AS entries,
        min(first_at) AS first_at,
        max(last_at) AS last_at,
        CAST(sum(last_7_days) AS BIGINT) AS last_7_days,
        CAST(sum(last_30_days) AS BIGINT) AS last_30_days,
        sum(outside_working_hours) / sum(entries) AS outside_working_hours_share,
        sum(at_weekends) / sum(entries) AS weekend_share
    FROM counted
    GROUP BY organization_id, key
), active AS (
    SELECT organization_id, key, CAST(sum(bit_count(days)) AS BIGINT) AS active_days
    FROM (
        SELECT organization_id, key, sixty_days, bit_or(days) AS days
        FROM counted
        GROUP BY organization_id, key, sixty_days
    )
    GROUP BY organization_id, key
), others AS (
    SELECT
        organization_id,
        key,
        count(other_key) AS different,
        arg_min(other_key, (-times, other_key)) FILTER (other_key IS NOT NULL) AS most_frequent
    FROM (
        SELECT organization_id, key, other_key, sum(entries) AS times
        FROM counted
        GROUP BY organization_id, key, other_key
    )
    GROUP BY organization_id, key
)
SELECT
    totals.organization_id,
    totals.key,
    totals.entries,
    totals.first_at,
    totals.last_at,
    active.active_days,
    totals.last_7_days,
    totals.last_30_days,
    totals.outside_working_hours_share,
    totals.weekend_share,
    others.different,
    others.most_frequent
FROM totals
JOIN active
    ON active.organization_id = totals.organization_id
    AND active.key IS NOT DISTINCT FROM totals.key
JOIN others
    ON others.organization_id = totals.organization_id
    AND others.key IS NOT DISTINCT FROM totals.key;

CREATE OR REPLACE MACRO activity_totals(key_kind) AS TABLE
SELECT * EXCLUDE (different, most_frequent)
FROM activity_totals_with(key_kind, NULL);

CREATE OR REPLACE MACRO activity_counterparts(key_kind, other_kind) AS TABLE
WITH pairs AS (
    SELECT
        organization_id,
        CASE key_kind
            WHEN 'actor' THEN actor_key
            WHEN 'department' THEN department_key
            WHEN 'action' THEN action_type
        END AS key,
        CASE other_kind
            WHEN 'actor' THEN actor_key
            WHEN 'department' THEN department_key
            WHEN 'action' THEN action_type
        END AS other_key,
        count(*) AS times
    FROM entries
    GROUP BY organization_id, key, other_key
)
SELECT
    organization_id,
    key,
    count(other_key) AS different,
    arg_min(other_key, (-times, other_key)) FILTER (other_key IS NOT NULL) AS most_frequent
FROM pairs
GROUP BY organization_id, key;
