CREATE OR REPLACE VIEW activity_daily AS
WITH counted AS (
    SELECT
        organization_id,
        local_day,
        department_key,
        action_type,
        count(*) AS entries,
        count(*) FILTER (outside_working_hours) AS outside_working_hours,
        min(occurred_at) AS first_at,
        max(occurred_at) AS last_at
    FROM local_entries
    GROUP BY organization_id, local_day, department_key, action_type
)
SELECT
    counted.organization_id,
    counted.local_day AS day,
    departments.id AS department_id,
    departments.name AS department_name,
    counted.action_type,
    counted.entries,
    counted.outside_working_hours,
    counted.first_at,
    counted.last_at
FROM counted
LEFT JOIN latest_names('department') AS departments
    ON departments.organization_id = counted.organization_id
    AND departments.key = counted.department_key;

COMMENT ON VIEW activity_daily IS 'Entries by day, department and kind of action. All rows add up to audit_log';
