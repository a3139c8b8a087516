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
COMMENT ON COLUMN activity_by_actor.organization_id IS 'Organization';
COMMENT ON COLUMN activity_by_actor.actor_id IS 'Actor; NULL where the entries give no id and are counted by e-mail address, else by name';
COMMENT ON COLUMN activity_by_actor.actor_name IS 'Latest name of the actor';
COMMENT ON COLUMN activity_by_actor.actor_email IS 'Latest e-mail address of the actor';
COMMENT ON COLUMN activity_by_actor.entries IS 'Number of entries';
COMMENT ON COLUMN activity_by_actor.first_at IS 'Time of the first';
COMMENT ON COLUMN activity_by_actor.last_at IS 'Time of the last';
COMMENT ON COLUMN activity_by_actor.active_days IS 'Days in ETL_TIMEZONE with at least one';
COMMENT ON COLUMN activity_by_actor.distinct_departments IS 'Different departments it happened in';
COMMENT ON COLUMN activity_by_actor.most_frequent_action IS 'Action done most often; of several, the alphabetically first';
COMMENT ON COLUMN activity_by_actor.last_7_days IS 'Entries of the last 7 times 24 hours. Counted back from now, not from the newest entry: a copy that nobody syncs goes quiet. Nothing dated in the future counts';
COMMENT ON COLUMN activity_by_actor.last_30_days IS 'The same for 30 times 24 hours';
COMMENT ON COLUMN activity_by_actor.outside_working_hours_share IS 'Share of the entries outside ETL_WORKING_HOURS, 0 to 1, on whatever day of the week';
COMMENT ON COLUMN activity_by_actor.weekend_share IS 'Share of the entries on a Saturday or Sunday, 0 to 1';

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
COMMENT ON COLUMN activity_by_department.organization_id IS 'Organization';
COMMENT ON COLUMN activity_by_department.department_id IS 'Department; NULL where the entries give no id and are counted by name';
COMMENT ON COLUMN activity_by_department.department_name IS 'Latest name of the department';
COMMENT ON COLUMN activity_by_department.entries IS 'Number of entries';
COMMENT ON COLUMN activity_by_department.first_at IS 'Time of the first';
COMMENT ON COLUMN activity_by_department.last_at IS 'Time of the last';
COMMENT ON COLUMN activity_by_department.active_days IS 'Days in ETL_TIMEZONE with at least one';
COMMENT ON COLUMN activity_by_department.distinct_actors IS 'Different actors';
COMMENT ON COLUMN activity_by_department.most_frequent_action IS 'Action done most often; of several, the alphabetically first';
COMMENT ON COLUMN activity_by_department.most_frequent_actor_id IS 'Actor with the most entries; of several, the alphabetically first';
COMMENT ON COLUMN activity_by_department.most_frequent_actor_name IS 'Latest name of that actor, else the e-mail address';
COMMENT ON COLUMN activity_by_department.last_7_days IS 'Entries of the last 7 times 24 hours. Counted back from now, not from the newest entry: a copy that nobody syncs goes quiet. Nothing dated in the future counts';
COMMENT ON COLUMN activity_by_department.last_30_days IS 'The same for 30 times 24 hours';
COMMENT ON COLUMN activity_by_department.outside_working_hours_share IS 'Share of the entries outside ETL_WORKING_HOURS, 0 to 1, on whatever day of the week';
COMMENT ON COLUMN activity_by_department.weekend_share IS 'Share of the entries on a Saturday or Sunday, 0 to 1';

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
COMMENT ON COLUMN activity_by_action.organization_id IS 'Organization';
COMMENT ON COLUMN activity_by_action.action_type IS 'Kind of action';
COMMENT ON COLUMN activity_by_action.entries IS 'Number of entries';
COMMENT ON COLUMN activity_by_action.first_at IS 'Time of the first';
COMMENT ON COLUMN activity_by_action.last_at IS 'Time of the last';
COMMENT ON COLUMN activity_by_action.active_days IS 'Days in ETL_TIMEZONE with at least one';
COMMENT ON COLUMN activity_by_action.distinct_actors IS 'Different actors';
COMMENT ON COLUMN activity_by_action.distinct_departments IS 'Different departments it happened in';
COMMENT ON COLUMN activity_by_action.most_frequent_actor_id IS 'Actor with the most entries; of several, the alphabetically first';
COMMENT ON COLUMN activity_by_action.most_frequent_actor_name IS 'Latest name of that actor, else the e-mail address';
COMMENT ON COLUMN activity_by_action.last_7_days IS 'Entries of the last 7 times 24 hours. Counted back from now, not from the newest entry: a copy that nobody syncs goes quiet. Nothing dated in the future counts';
COMMENT ON COLUMN activity_by_action.last_30_days IS 'The same for 30 times 24 hours';
COMMENT ON COLUMN activity_by_action.outside_working_hours_share IS 'Share of the entries outside ETL_WORKING_HOURS, 0 to 1, on whatever day of the week';
COMMENT ON COLUMN activity_by_action.weekend_share IS 'Share of the entries on a Saturday or Sunday, 0 to 1';
