CREATE OR REPLACE VIEW activity_by_actor AS
SELECT
    totals.organization_id,
    people.id AS actor_id,
    people.name AS actor_name,
    people.email AS actor_email,
    totals.entries,
    totals.first_at,
    totals.last_at,
    totals.active_days,
    departments.different AS distinct_departments,
    actions.most_frequent AS most_frequent_action,
    totals.last_7_days,
    totals.last_30_days,
    totals.outside_working_hours_share,
    totals.weekend_share
FROM activity_totals('actor') AS totals
JOIN activity_counterparts('actor', 'department') AS departments
    ON departments.organization_id = totals.organization_id
    AND departments.key IS NOT DISTINCT FROM totals.key
JOIN activity_counterparts('actor', 'action') AS actions
    ON actions.organization_id = totals.organization_id
    AND actions.key IS NOT DISTINCT FROM totals.key
LEFT JOIN latest_names('actor') AS people
    ON people.organization_id = totals.organization_id
    AND people.key = totals.key;

CREATE OR REPLACE VIEW activity_by_department AS
SELECT
    totals.organization_id,
    departments.id AS department_id,
    departments.name AS department_name,
    totals.entries,
    totals.first_at,
    totals.last_at,
    totals.active_days,
    actors.different AS distinct_actors,
    actions.most_frequent AS most_frequent_action,
    busiest.id AS most_frequent_actor_id,
    coalesce(busiest.name, busiest.email) AS most_frequent_actor_name,
    totals.last_7_days,
    totals.last_30_days,
    totals.outside_working_hours_share,
    totals.weekend_share
FROM activity_totals('department') AS totals
JOIN activity_counterparts('department', 'actor') AS actors
    ON actors.organization_id = totals.organization_id
    AND actors.key IS NOT DISTINCT FROM totals.key
JOIN activity_counterparts('department', 'action') AS actions
    ON actions.organization_id = totals.organization_id
    AND actions.key IS NOT DISTINCT FROM totals.key
LEFT JOIN latest_names('department') AS departments
    ON departments.organization_id = totals.organization_id
    AND departments.key = totals.key
LEFT JOIN latest_names('actor') AS busiest
    ON busiest.organization_id = totals.organization_id
    AND busiest.key = actors.most_frequent;

CREATE OR REPLACE VIEW activity_by_action AS
SELECT
    totals.organization_id,
    totals.key AS action_type,
    totals.entries,
    totals.first_at,
    totals.last_at,
    totals.active_days,
    actors.different AS distinct_actors,
    departments.different AS distinct_departments,
    busiest.id AS most_frequent_actor_id,
    coalesce(busiest.name, busiest.email) AS most_frequent_actor_name,
    totals.last_7_days,
    totals.last_30_days,
    totals.outside_working_hours_share,
    totals.weekend_share
FROM activity_totals('action') AS totals
JOIN activity_counterparts('action', 'actor') AS actors
    ON actors.organization_id = totals.organization_id
    AND actors.key IS NOT DISTINCT FROM totals.key
JOIN activity_counterparts('action', 'department') AS departments
    ON departments.organization_id = totals.organization_id
    AND departments.key IS NOT DISTINCT FROM totals.key
LEFT JOIN latest_names('actor') AS busiest
    ON busiest.organization_id = totals.organization_id
    AND busiest.key = actors.most_frequent;
