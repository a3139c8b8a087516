-- What the three activity views share, as macros of the kind of key. DuckDB folds the CASEs, so
-- that each reads the columns of its own kind only.

CREATE OR REPLACE MACRO activity_totals(key_kind) AS TABLE
WITH days AS (
    SELECT
        organization_id,
        CASE key_kind
            WHEN 'actor' THEN actor_key
            WHEN 'department' THEN department_key
            WHEN 'action' THEN action_type
        END AS key,
        local_day,
        any_value(weekend) AS weekend,
        count(*) AS entries,
        min(occurred_at) AS first_at,
        max(occurred_at) AS last_at,
        count(*) FILTER (is_recent(occurred_at, 7)) AS last_7_days,
        count(*) FILTER (is_recent(occurred_at, 30)) AS last_30_days,
        count(*) FILTER (outside_working_hours) AS outside_working_hours
    FROM local_entries
    GROUP BY organization_id, key, local_day
)
SELECT
    organization_id,
    key,
    CAST(sum(entries) AS BIGINT) AS entries,
    min(first_at) AS first_at,
    max(last_at) AS last_at,
    count(*) AS active_days,
    CAST(sum(last_7_days) AS BIGINT) AS last_7_days,
    CAST(sum(last_30_days) AS BIGINT) AS last_30_days,
    sum(outside_working_hours) / sum(entries) AS outside_working_hours_share,
    sum(CASE WHEN weekend THEN entries ELSE 0 END) / sum(entries) AS weekend_share
FROM days
GROUP BY organization_id, key;
COMMENT ON MACRO TABLE activity_totals IS 'What the activity views sum up for each key of one kind (actor, department, action)';

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
COMMENT ON MACRO TABLE activity_counterparts IS 'For each key of one kind (actor, department, action): how many of another kind it goes with, and which most often';
