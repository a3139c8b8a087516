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

COMMENT ON VIEW activity_by_actor IS 'What each actor did. All rows add up to audit_log: what names nobody is the row with neither id, name nor e-mail address';

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
    totals.most_frequent AS most_frequent_action,
    busiest.id AS most_frequent_actor_id,
    coalesce(busiest.name, busiest.email) AS most_frequent_actor_name,
    totals.last_7_days,
    totals.last_30_days,
    totals.outside_working_hours_share,
    totals.weekend_share
FROM activity_totals_with('department', 'action') AS totals
JOIN activity_counterparts('department', 'actor') AS actors
    ON actors.organization_id = totals.organization_id
    AND actors.key IS NOT DISTINCT FROM totals.key
LEFT JOIN latest_names('department') AS departments
    ON departments.organization_id = totals.organization_id
    AND departments.key = totals.key
LEFT JOIN latest_names('actor') AS busiest
    ON busiest.organization_id = totals.organization_id
    AND busiest.key = actors.most_frequent;

COMMENT ON VIEW activity_by_department IS 'What happened in each department. All rows add up to audit_log: what happened in none is the row with neither id nor name';

CREATE OR REPLACE VIEW activity_by_action AS
SELECT
    totals.organization_id,
    totals.key AS action_type,
    totals.entries,
    totals.first_at,
    totals.last_at,
    totals.active_days,
    actors.different AS distinct_actors,
    totals.different AS distinct_departments,
    busiest.id AS most_frequent_actor_id,
    coalesce(busiest.name, busiest.email) AS most_frequent_actor_name,
    totals.last_7_days,
    totals.last_30_days,
    totals.outside_working_hours_share,
    totals.weekend_share
FROM activity_totals_with('action', 'department') AS totals
JOIN activity_counterparts('action', 'actor') AS actors
    ON actors.organization_id = totals.organization_id
    AND actors.key IS NOT DISTINCT FROM totals.key
LEFT JOIN latest_names('actor') AS busiest
    ON busiest.organization_id = totals.organization_id
    AND busiest.key = actors.most_frequent;

COMMENT ON VIEW activity_by_action IS 'How often each kind of action was done, and by whom. All rows add up to audit_log: what names no action is the row with NULL';
