COMMENT ON COLUMN activity_daily.organization_id IS 'Organization';
COMMENT ON COLUMN activity_daily.day IS 'Day in ETL_TIMEZONE';
COMMENT ON COLUMN activity_daily.department_id IS 'Department; NULL where the entries give no id and are counted by name';
COMMENT ON COLUMN activity_daily.department_name IS 'Latest name of the department';
COMMENT ON COLUMN activity_daily.action_type IS 'Kind of action';
COMMENT ON COLUMN activity_daily.entries IS 'Number of entries';
COMMENT ON COLUMN activity_daily.outside_working_hours IS 'Those of them outside ETL_WORKING_HOURS';
COMMENT ON COLUMN activity_daily.first_at IS 'Time of the first';
COMMENT ON COLUMN activity_daily.last_at IS 'Time of the last';
