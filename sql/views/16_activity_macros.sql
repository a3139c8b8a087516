CREATE OR REPLACE MACRO activity_between(from_time, to_time) AS TABLE
WITH counted AS (
    SELECT organization_id, actor_key, department_key, action_type, count(*) AS entries,
        min(occurred_at) AS first_at, max(occurred_at) AS last_at
    FROM entries
    WHERE occurred_at >= CAST(from_time AS TIMESTAMPTZ) AND occurred_at < CAST(to_time AS TIMESTAMPTZ)
    GROUP BY organization_id, actor_key, department_key, action_type
)
SELECT
    counted.organization_id,
    actors.id AS actor_id,
    coalesce(actors.name, actors.email) AS actor_name,
    departments.id AS department_id,
    departments.name AS department_name,
    counted.action_type,
    counted.entries,
    counted.first_at,
    counted.last_at
FROM counted
LEFT JOIN latest_names('actor') AS actors
    ON actors.organization_id = counted.organization_id
    AND actors.key = counted.actor_key
LEFT JOIN latest_names('department') AS departments
    ON departments.organization_id = counted.organization_id
    AND departments.key = counted.department_key;

CREATE OR REPLACE MACRO actor_timeline(the_actor) AS TABLE
WITH timeline AS (
    SELECT * FROM entries WHERE actor_key = the_actor
)
SELECT
    timeline.organization_id,
    timeline.occurred_at,
    actors.name AS actor_name,
    timeline.action_type,
    timeline.entity_type,
    timeline.entity_id,
    timeline.entity_name,
    timeline.target_id,
    timeline.target_name,
    timeline.department_id,
    timeline.department_name,
    timeline.entry_id
FROM timeline
LEFT JOIN latest_names('actor') AS actors
    ON actors.organization_id = timeline.organization_id AND actors.key = timeline.actor_key
ORDER BY timeline.occurred_at, timeline.entry_id;
