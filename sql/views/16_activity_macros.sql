CREATE OR REPLACE MACRO activity_between(from_time, to_time) AS TABLE
WITH counted AS (
    SELECT
        key_number(organization_id) AS organization_number,
        key_number(actor_key) AS actor_number,
        key_number(department_key) AS department_number,
        key_number(action_type) AS action_number,
        count(*) AS entries,
        min(occurred_at) AS first_at,
        max(occurred_at) AS last_at
    FROM entries
    WHERE occurred_at >= CAST(from_time AS TIMESTAMPTZ) AND occurred_at < CAST(to_time AS TIMESTAMPTZ)
    GROUP BY ALL
)
SELECT
    actors.organization_id,
    actors.id AS actor_id,
    coalesce(actors.name, actors.email) AS actor_name,
    departments.id AS department_id,
    departments.name AS department_name,
    actions.key AS action_type,
    counted.entries,
    counted.first_at,
    counted.last_at
FROM counted
JOIN numbered_names('actor') AS actors
    ON actors.organization_number = counted.organization_number
    AND actors.number = counted.actor_number
JOIN numbered_names('department') AS departments
    ON departments.organization_number = counted.organization_number
    AND departments.number = counted.department_number
JOIN numbered_names('action') AS actions
    ON actions.organization_number = counted.organization_number
    AND actions.number = counted.action_number;

-- In the three timelines the names are those of the entry: who renamed what is part of the story. What
-- the subject itself is called now stands first.
--
-- Each reads the log twice: first only for the instants of the subject's entries, then all columns, but of
-- entries of these instants alone. To read all columns of all entries takes up to twice the time. As one
-- list, as in local_calendar: else the planner would rather keep the entries than the instants.

CREATE OR REPLACE MACRO actor_timeline(the_actor) AS TABLE
SELECT
    log.organization_id,
    last_value(log.actor_name IGNORE NULLS) OVER (
        PARTITION BY log.organization_id ORDER BY log.occurred_at, log.actor_name
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS latest_name,
    log.occurred_at,
    log.action_type,
    log.entity_type,
    log.entity_id,
    log.entity_name,
    log.target_id,
    log.target_name,
    log.department_id,
    log.department_name,
    log.entry_id
FROM entries AS log
SEMI JOIN (
    SELECT unnest(list(DISTINCT occurred_at)) AS occurred_at FROM entries WHERE actor_key = the_actor
) AS instants USING (occurred_at)
WHERE log.actor_key = the_actor
ORDER BY log.occurred_at, log.entry_id;

CREATE OR REPLACE MACRO department_timeline(the_department) AS TABLE
SELECT
    log.organization_id,
    last_value(log.department_name IGNORE NULLS) OVER (
        PARTITION BY log.organization_id ORDER BY log.occurred_at, log.department_name
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS latest_name,
    log.occurred_at,
    log.actor_id,
    coalesce(log.actor_name, log.actor_email) AS actor_name,
    log.action_type,
    log.entity_type,
    log.entity_id,
    log.entity_name,
    log.target_id,
    log.target_name,
    log.entry_id
FROM entries AS log
SEMI JOIN (
    SELECT unnest(list(DISTINCT occurred_at)) AS occurred_at FROM entries WHERE department_key = the_department
) AS instants USING (occurred_at)
WHERE log.department_key = the_department
ORDER BY log.occurred_at, log.entry_id;

CREATE OR REPLACE MACRO entity_history(the_entity) AS TABLE
WITH history AS (
    SELECT *, CASE WHEN entity_key = the_entity THEN 'entity' ELSE 'target' END AS seen_as
    FROM entries
    SEMI JOIN (
        SELECT unnest(list(DISTINCT occurred_at)) AS occurred_at
        FROM entries
        WHERE entity_key = the_entity OR target_key = the_entity
    ) AS instants USING (occurred_at)
    WHERE entity_key = the_entity OR target_key = the_entity
)
SELECT
    organization_id,
    last_value(CASE WHEN seen_as = 'entity' THEN entity_name ELSE target_name END IGNORE NULLS) OVER (
        PARTITION BY organization_id ORDER BY occurred_at, entry_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS latest_name,
    occurred_at,
    seen_as,
    actor_id,
    coalesce(actor_name, actor_email) AS actor_name,
    action_type,
    entity_type,
    entity_id,
    entity_name,
    target_id,
    target_name,
    department_id,
    department_name,
    entry_id
FROM history
ORDER BY occurred_at, entry_id;
