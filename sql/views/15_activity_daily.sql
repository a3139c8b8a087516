CREATE OR REPLACE VIEW activity_daily AS
WITH counted AS (
    SELECT
        key_number(organization_id) AS organization_number,
        local_day,
        key_number(department_key) AS department_number,
        key_number(action_type) AS action_number,
        count(*) AS entries,
        count(*) FILTER (outside_working_hours) AS outside_working_hours,
        min(occurred_at) AS first_at,
        max(occurred_at) AS last_at
    FROM local_entries
    GROUP BY ALL
)
SELECT
    departments.organization_id,
    counted.local_day AS day,
    departments.id AS department_id,
    departments.name AS department_name,
    actions.key AS action_type,
    counted.entries,
    counted.outside_working_hours,
    counted.first_at,
    counted.last_at
FROM counted
JOIN numbered_names('department') AS departments
    ON departments.organization_number = counted.organization_number
    AND departments.number = counted.department_number
JOIN numbered_names('action') AS actions
    ON actions.organization_number = counted.organization_number
    AND actions.number = counted.action_number;

COMMENT ON VIEW activity_daily IS 'Entries by day, department and kind of action. All rows add up to audit_log';
