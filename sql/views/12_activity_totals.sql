-- What the activity views share, as macros of the kind of key, counted by number: numbered_names tells
-- whose.

CREATE OR REPLACE MACRO numbered_entries(key_kind, other_kind) AS TABLE
SELECT
    key_number(organization_id) AS organization_number,
    key_number(
        of_kind(key_kind, actor_key, department_key, action_type, entity_key, target_key)
    ) AS number,
    key_number(
        of_kind(other_kind, actor_key, department_key, action_type, entity_key, target_key)
    ) AS other_number,
    occurred_at
FROM entries;

-- Days are noted as bits, sixty in a number: a group for each key and day would be a million of them,
-- more than a processor's cache holds.
CREATE OR REPLACE MACRO activity_totals(key_kind) AS TABLE
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
        organization_number,
        number,
        sixty_days,
        count(*) AS entries,
        min(occurred_at) AS first_at,
        max(occurred_at) AS last_at,
        bit_or(day_bit) AS days,
        count(*) FILTER (is_recent(occurred_at, 7)) AS last_7_days,
        count(*) FILTER (is_recent(occurred_at, 30)) AS last_30_days,
        count(*) FILTER (outside_working_hours) AS outside_working_hours,
        count(*) FILTER (weekend) AS at_weekends
    FROM numbered_entries(key_kind, NULL) AS numbered
    JOIN calendar ON calendar.quarter_hour = quarter_hour(numbered.occurred_at)
    GROUP BY ALL
)
SELECT
    organization_number,
    number,
    CAST(sum(entries) AS BIGINT) AS entries,
    min(first_at) AS first_at,
    max(last_at) AS last_at,
    CAST(sum(bit_count(days)) AS BIGINT) AS active_days,
    CAST(sum(last_7_days) AS BIGINT) AS last_7_days,
    CAST(sum(last_30_days) AS BIGINT) AS last_30_days,
    sum(outside_working_hours) / sum(entries) AS outside_working_hours_share,
    sum(at_weekends) / sum(entries) AS weekend_share
FROM counted
GROUP BY organization_number, number;

CREATE OR REPLACE MACRO activity_pairs(key_kind, other_kind) AS TABLE
SELECT organization_number, number, other_number, count(*) AS entries
FROM numbered_entries(key_kind, other_kind)
GROUP BY ALL;

-- With what is no key left out.
CREATE OR REPLACE MACRO activity_different(key_kind, other_kind) AS TABLE
SELECT
    organization_number,
    number,
    count(*) FILTER (other_number <> key_number(NULL::VARCHAR)) AS different
FROM activity_pairs(key_kind, other_kind)
GROUP BY organization_number, number;

-- And which goes with each most often; of several, the alphabetically first.
CREATE OR REPLACE MACRO activity_counterparts(key_kind, other_kind) AS TABLE
SELECT
    pairs.organization_number,
    pairs.number,
    count(others.key) AS different,
    arg_min(
        {'id': others.id, 'name': coalesce(others.name, others.email)}, (-pairs.entries, others.key)
    ) FILTER (others.key IS NOT NULL) AS most_frequent
FROM activity_pairs(key_kind, other_kind) AS pairs
JOIN numbered_names(other_kind) AS others
    ON others.organization_number = pairs.organization_number
    AND others.number = pairs.other_number
GROUP BY pairs.organization_number, pairs.number;
