CREATE OR REPLACE VIEW role_assignments AS
SELECT
    organization_id,
    person_id,
    person_name,
    object_id AS role_id,
    object_name AS role_name,
    department_id,
    valid_from,
    valid_to,
    granted_by,
    revoked_by,
    grant_entry_id,
    revocation_entry_id
FROM access_spans('role', NULL, NULL);

COMMENT ON VIEW role_assignments IS 'Who held which role from when to when. What was granted before the history and never revoked since is missing: no entry tells of it';
COMMENT ON COLUMN role_assignments.organization_id IS 'Organization';
COMMENT ON COLUMN role_assignments.person_id IS 'Who holds it';
COMMENT ON COLUMN role_assignments.person_name IS 'Latest name in the access changes';
COMMENT ON COLUMN role_assignments.role_id IS 'Role';
COMMENT ON COLUMN role_assignments.role_name IS 'Latest name of the role in the access changes';
COMMENT ON COLUMN role_assignments.department_id IS 'Scope in which it holds; NULL: everywhere';
COMMENT ON COLUMN role_assignments.valid_from IS 'Since when it holds, this instant included; NULL: since before the history';
COMMENT ON COLUMN role_assignments.valid_to IS 'Until when it holds, this instant excluded; NULL: still';
COMMENT ON COLUMN role_assignments.granted_by IS 'Who granted it; NULL where the history does not tell';
COMMENT ON COLUMN role_assignments.revoked_by IS 'Who ended it; NULL where it still holds, or the history does not tell';
COMMENT ON COLUMN role_assignments.grant_entry_id IS 'The entry that granted it; NULL: before the history';
COMMENT ON COLUMN role_assignments.revocation_entry_id IS 'The entry that ended it: a revocation, or the deactivation or removal of the person; NULL: still';

CREATE OR REPLACE VIEW department_memberships AS
SELECT
    organization_id,
    person_id,
    person_name,
    object_id AS department_id,
    object_name AS department_name,
    valid_from,
    valid_to,
    granted_by,
    revoked_by,
    grant_entry_id,
    revocation_entry_id
FROM access_spans('department', NULL, NULL);

COMMENT ON VIEW department_memberships IS 'Who belonged to which department from when to when. What was granted before the history and never revoked since is missing: no entry tells of it';
COMMENT ON COLUMN department_memberships.organization_id IS 'Organization';
COMMENT ON COLUMN department_memberships.person_id IS 'Who holds it';
COMMENT ON COLUMN department_memberships.person_name IS 'Latest name in the access changes';
COMMENT ON COLUMN department_memberships.department_id IS 'Department';
COMMENT ON COLUMN department_memberships.department_name IS 'Latest name of the department in the access changes';
COMMENT ON COLUMN department_memberships.valid_from IS 'Since when it holds, this instant included; NULL: since before the history';
COMMENT ON COLUMN department_memberships.valid_to IS 'Until when it holds, this instant excluded; NULL: still';
COMMENT ON COLUMN department_memberships.granted_by IS 'Who granted it; NULL where the history does not tell';
COMMENT ON COLUMN department_memberships.revoked_by IS 'Who ended it; NULL where it still holds, or the history does not tell';
COMMENT ON COLUMN department_memberships.grant_entry_id IS 'The entry that granted it; NULL: before the history';
COMMENT ON COLUMN department_memberships.revocation_entry_id IS 'The entry that ended it: a revocation, or the deactivation or removal of the person; NULL: still';

-- A grant counts from its instant on, a revocation from its own. No moment, no answer.
CREATE OR REPLACE MACRO holds_at(valid_from, valid_to, at_time) AS
    coalesce(valid_from, TIMESTAMPTZ '-infinity') <= CAST(at_time AS TIMESTAMPTZ)
    AND coalesce(valid_to, TIMESTAMPTZ 'infinity') > CAST(at_time AS TIMESTAMPTZ);
COMMENT ON MACRO holds_at IS 'Whether a span holds at a moment: its beginning included, its end excluded';

CREATE OR REPLACE MACRO access_at(at_time) AS TABLE
SELECT
    organization_id, person_id, person_name, kind, object_id, object_name, department_id,
    valid_from, granted_by
FROM access_spans_at(NULL, NULL, NULL, at_time)
WHERE holds_at(valid_from, valid_to, at_time);
COMMENT ON MACRO TABLE access_at IS 'Who could do what at a moment. Before the first entry only what valid_from NULL marks as held since before the history: the log says nothing of earlier times. What was granted before the history and never revoked since is missing: no entry tells of it';

CREATE OR REPLACE MACRO role_holders_at(the_role, at_time) AS TABLE
SELECT
    organization_id, person_id, person_name, object_id AS role_id, object_name AS role_name,
    department_id, valid_from, granted_by
FROM access_spans_at('role', the_role, NULL, at_time)
-- Of no role there are no holders: NULL means any to the spans, but not to whoever asks here.
WHERE object_key = the_role AND holds_at(valid_from, valid_to, at_time);
COMMENT ON MACRO TABLE role_holders_at IS 'Who held one role at a moment. What was granted before the history and never revoked since is missing: no entry tells of it';

CREATE OR REPLACE MACRO access_of(the_person, at_time) AS TABLE
SELECT
    organization_id, person_id, person_name, kind, object_id, object_name, department_id,
    valid_from, granted_by
FROM access_spans_at(NULL, NULL, the_person, at_time)
WHERE person_key = the_person AND holds_at(valid_from, valid_to, at_time);
COMMENT ON MACRO TABLE access_of IS 'What one person could do at a moment. What was granted before the history and never revoked since is missing: no entry tells of it';
