-- What the activity views count: every row of audit_log, under the keys that never drop one, and on
-- the organization's own calendar.
--
-- The calendar is worked out once for each quarter of an hour in which anything happened and joined
-- to the entries: turning ten million times into local ones costs 2 s, 70,000 quarters nothing. Every
-- time zone in use today is a multiple of fifteen minutes away from UTC, and changes on one.

CREATE OR REPLACE MACRO quarter_hour(moment) AS epoch_us(moment) // 900000000;

-- What the log is counted by goes by number. Of what is stored as a dictionary DuckDB works `hash` out once
-- for each text there, not for each row, and numbers are grouped in a third of the time that texts take.
-- That no two keys share a number, numbered_names makes sure of.
CREATE OR REPLACE MACRO key_number(key) AS hash(key);

-- The number of a key, if no other of those that share it is counted: else the sums of two would be one.
CREATE OR REPLACE MACRO sole_number(number, sharing, key) AS
    CASE WHEN sharing > 1 THEN error('two keys have one number: ' || key) ELSE number END;

-- Days of 24 hours before now, whatever the session's time zone; what claims to be in the future is
-- not recent.
CREATE OR REPLACE MACRO is_recent(moment, days) AS
    moment > now() - to_hours(24 * days) AND moment <= now();

-- Taking something away for good or for now: what the rule mass_removal counts.
CREATE OR REPLACE MACRO is_removal(action) AS
    action IN ('deleted', 'removed', 'unassigned', 'membership_removed', 'deactivated');

-- Changing who there is and who may do what. Keeping one's own profile is no administration.
CREATE OR REPLACE MACRO is_administrative(entity, action, whom, actor) AS
    entity IN ('user', 'department', 'role', 'role_assignment', 'department_membership', 'permission')
    AND (entity = 'user' AND action = 'updated' AND whom = actor) IS NOT TRUE;

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
