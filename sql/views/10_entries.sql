-- What the activity views count: every row of audit_log, under the keys that never drop one, and on
-- the organization's own calendar.
--
-- The calendar is worked out once for each quarter of an hour in which anything happened and joined
-- to the entries: turning ten million times into local ones costs 2 s, 70,000 quarters nothing. Every
-- time zone in use today is a multiple of fifteen minutes away from UTC, and changes on one.

CREATE OR REPLACE MACRO quarter_hour(moment) AS epoch_us(moment) // 900000000;
COMMENT ON MACRO quarter_hour IS 'Number of the quarter of an hour since 1970 in which a moment lies: the key of local_calendar';

-- Days of 24 hours before now, whatever the session's time zone; what claims to be in the future is
-- not recent.
CREATE OR REPLACE MACRO is_recent(moment, days) AS
    moment > now() - to_hours(24 * days) AND moment <= now();
COMMENT ON MACRO is_recent IS 'Whether a moment lies in the last so many times 24 hours before now';

-- Taking something away for good or for now: what the rule mass_removal counts.
CREATE OR REPLACE MACRO is_removal(action) AS
    action IN ('deleted', 'removed', 'unassigned', 'membership_removed', 'deactivated');
COMMENT ON MACRO is_removal IS 'Whether an action takes something away';

CREATE OR REPLACE VIEW local_calendar AS
-- As one list: of a SELECT DISTINCT the planner expects as many rows as the log has, and would rather
-- put the entries into the hash table than these.
WITH quarters AS (
    SELECT unnest(list(DISTINCT quarter_hour(occurred_at))) AS quarter_hour
    FROM audit_log
), localised AS (
    SELECT
        quarter_hour,
        make_timestamptz(quarter_hour * 900000000) AT TIME ZONE etl_timezone() AS local_time
    FROM quarters
)
SELECT
    quarter_hour,
    CAST(local_time AS DATE) AS local_day,
    CAST(hour(local_time) AS INTEGER) AS local_hour,
    NOT CASE
        WHEN working_hours_from() < working_hours_to()
            THEN hour(local_time) >= working_hours_from() AND hour(local_time) < working_hours_to()
        ELSE hour(local_time) >= working_hours_from() OR hour(local_time) < working_hours_to()
    END AS outside_working_hours,
    isodow(local_time) >= 6 AS weekend
FROM localised;

COMMENT ON VIEW local_calendar IS 'The local calendar (ETL_TIMEZONE, ETL_WORKING_HOURS) of every quarter of an hour in which anything happened';
COMMENT ON COLUMN local_calendar.quarter_hour IS 'Quarters of an hour since 1970, as quarter_hour(occurred_at) gives it';
COMMENT ON COLUMN local_calendar.local_day IS 'Day in ETL_TIMEZONE';
COMMENT ON COLUMN local_calendar.local_hour IS 'Hour of that day, 0 to 23';
COMMENT ON COLUMN local_calendar.outside_working_hours IS 'Whether that hour is outside ETL_WORKING_HOURS, on whatever day of the week';
COMMENT ON COLUMN local_calendar.weekend IS 'Whether that day is a Saturday or a Sunday';

CREATE OR REPLACE VIEW entries AS
SELECT
    organization_id,
    id AS entry_id,
    occurred_at,
    action_type,
    entity_type,
    coalesce(actor_id, actor_email, actor_name) AS actor_key,
    actor_id,
    actor_name,
    actor_email,
    coalesce(department_id, department_name) AS department_key,
    department_id,
    department_name,
    coalesce(entity_id, entity_name) AS entity_key,
    entity_id,
    entity_name,
    coalesce(target_id, target_name) AS target_key,
    target_id,
    target_name
FROM audit_log;

COMMENT ON VIEW entries IS 'Every row of audit_log under the keys that it is counted by: ids, and names where the API gives no id';
COMMENT ON COLUMN entries.organization_id IS 'Organization';
COMMENT ON COLUMN entries.entry_id IS 'The entry: audit_log.id';
COMMENT ON COLUMN entries.occurred_at IS 'When it happened';
COMMENT ON COLUMN entries.action_type IS 'What was done';
COMMENT ON COLUMN entries.entity_type IS 'Type of what it was done to';
COMMENT ON COLUMN entries.actor_key IS 'Who did it: id, else e-mail address, else name; NULL for nobody';
COMMENT ON COLUMN entries.actor_id IS 'Id of the actor';
COMMENT ON COLUMN entries.actor_name IS 'Name of the actor as the entry has it';
COMMENT ON COLUMN entries.actor_email IS 'E-mail address of the actor as the entry has it';
COMMENT ON COLUMN entries.department_key IS 'Where it happened: id of the department, else its name; NULL for nowhere';
COMMENT ON COLUMN entries.department_id IS 'Id of the department';
COMMENT ON COLUMN entries.department_name IS 'Name of the department as the entry has it';
COMMENT ON COLUMN entries.entity_key IS 'What it was done to: id, else name';
COMMENT ON COLUMN entries.entity_id IS 'Id of the entity';
COMMENT ON COLUMN entries.entity_name IS 'Name of the entity as the entry has it';
COMMENT ON COLUMN entries.target_key IS 'Whom or what it was aimed at: id, else name; NULL for nothing';
COMMENT ON COLUMN entries.target_id IS 'Id of the target';
COMMENT ON COLUMN entries.target_name IS 'Name of the target as the entry has it';

CREATE OR REPLACE VIEW local_entries AS
SELECT
    entries.*,
    local_calendar.local_day,
    local_calendar.local_hour,
    local_calendar.outside_working_hours,
    local_calendar.weekend
FROM entries
JOIN local_calendar ON local_calendar.quarter_hour = quarter_hour(entries.occurred_at);

COMMENT ON VIEW local_entries IS 'entries on the local calendar';
COMMENT ON COLUMN local_entries.organization_id IS 'Organization';
COMMENT ON COLUMN local_entries.entry_id IS 'The entry: audit_log.id';
COMMENT ON COLUMN local_entries.occurred_at IS 'When it happened';
COMMENT ON COLUMN local_entries.action_type IS 'What was done';
COMMENT ON COLUMN local_entries.entity_type IS 'Type of what it was done to';
COMMENT ON COLUMN local_entries.actor_key IS 'Who did it: id, else e-mail address, else name; NULL for nobody';
COMMENT ON COLUMN local_entries.actor_id IS 'Id of the actor';
COMMENT ON COLUMN local_entries.actor_name IS 'Name of the actor as the entry has it';
COMMENT ON COLUMN local_entries.actor_email IS 'E-mail address of the actor as the entry has it';
COMMENT ON COLUMN local_entries.department_key IS 'Where it happened: id of the department, else its name; NULL for nowhere';
COMMENT ON COLUMN local_entries.department_id IS 'Id of the department';
COMMENT ON COLUMN local_entries.department_name IS 'Name of the department as the entry has it';
COMMENT ON COLUMN local_entries.entity_key IS 'What it was done to: id, else name';
COMMENT ON COLUMN local_entries.entity_id IS 'Id of the entity';
COMMENT ON COLUMN local_entries.entity_name IS 'Name of the entity as the entry has it';
COMMENT ON COLUMN local_entries.target_key IS 'Whom or what it was aimed at: id, else name; NULL for nothing';
COMMENT ON COLUMN local_entries.target_id IS 'Id of the target';
COMMENT ON COLUMN local_entries.target_name IS 'Name of the target as the entry has it';
COMMENT ON COLUMN local_entries.local_day IS 'Day in ETL_TIMEZONE';
COMMENT ON COLUMN local_entries.local_hour IS 'Hour of that day, 0 to 23';
COMMENT ON COLUMN local_entries.outside_working_hours IS 'Whether that hour is outside ETL_WORKING_HOURS, on whatever day of the week';
COMMENT ON COLUMN local_entries.weekend IS 'Whether that day is a Saturday or a Sunday';
