CREATE OR REPLACE VIEW activity_by_actor AS
SELECT
    names.organization_id,
    names.id AS actor_id,
    names.name AS actor_name,
    names.email AS actor_email,
    totals.entries,
    totals.first_at,
    totals.last_at,
    totals.active_days,
    departments.different AS distinct_departments,
    actions.most_frequent.id AS most_frequent_action,
    totals.last_7_days,
    totals.last_30_days,
    totals.outside_working_hours_share,
    totals.weekend_share
FROM activity_totals('actor') AS totals
JOIN numbered_names('actor') AS names USING (organization_number, number)
JOIN activity_different('actor', 'department') AS departments USING (organization_number, number)
JOIN activity_counterparts('actor', 'action') AS actions USING (organization_number, number);

COMMENT ON VIEW activity_by_actor IS 'What each actor did. All rows add up to audit_log: what names nobody is the row with neither id, name nor e-mail address';

CREATE OR REPLACE VIEW activity_by_department AS
SELECT
    names.organization_id,
    names.id AS department_id,
    names.name AS department_name,
    totals.entries,
    totals.first_at,
    totals.last_at,
    totals.active_days,
    actors.different AS distinct_actors,
    actions.most_frequent.id AS most_frequent_action,
    actors.most_frequent.id AS most_frequent_actor_id,
    actors.most_frequent.name AS most_frequent_actor_name,
    totals.last_7_days,
    totals.last_30_days,
    totals.outside_working_hours_share,
    totals.weekend_share
FROM activity_totals('department') AS totals
JOIN numbered_names('department') AS names USING (organization_number, number)
JOIN activity_counterparts('department', 'action') AS actions USING (organization_number, number)
JOIN activity_counterparts('department', 'actor') AS actors USING (organization_number, number);

COMMENT ON VIEW activity_by_department IS 'What happened in each department. All rows add up to audit_log: what happened in none is the row with neither id nor name';

CREATE OR REPLACE VIEW activity_by_action AS
SELECT
    names.organization_id,
    names.id AS action_type,
    totals.entries,
    totals.first_at,
    totals.last_at,
    totals.active_days,
    actors.different AS distinct_actors,
    departments.different AS distinct_departments,
    actors.most_frequent.id AS most_frequent_actor_id,
    actors.most_frequent.name AS most_frequent_actor_name,
    totals.last_7_days,
    totals.last_30_days,
    totals.outside_working_hours_share,
    totals.weekend_share
FROM activity_totals('action') AS totals
JOIN numbered_names('action') AS names USING (organization_number, number)
JOIN activity_different('action', 'department') AS departments USING (organization_number, number)
JOIN activity_counterparts('action', 'actor') AS actors USING (organization_number, number);

COMMENT ON VIEW activity_by_action IS 'How often each kind of action was done, and by whom. All rows add up to audit_log: what names no action is the row with NULL';
