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

-- A grant counts from its instant on, a revocation from its own. No moment, no answer.
CREATE OR REPLACE MACRO holds_at(valid_from, valid_to, at_time) AS
    coalesce(valid_from, TIMESTAMPTZ '-infinity') <= CAST(at_time AS TIMESTAMPTZ)
    AND coalesce(valid_to, TIMESTAMPTZ 'infinity') > CAST(at_time AS TIMESTAMPTZ);

CREATE OR REPLACE MACRO access_at(at_time) AS TABLE
SELECT
    organization_id, person_id, person_name, kind, object_id, object_name, department_id,
    valid_from, granted_by
FROM access_spans_at(NULL, NULL, NULL, at_time)
WHERE holds_at(valid_from, valid_to, at_time);

CREATE OR REPLACE MACRO role_holders_at(the_role, at_time) AS TABLE
SELECT
    organization_id, person_id, person_name, object_id AS role_id, object_name AS role_name,
    department_id, valid_from, granted_by
FROM access_spans_at('role', the_role, NULL, at_time)
-- Of no role there are no holders: NULL means any to the spans, but not to whoever asks here.
WHERE object_key = the_role AND holds_at(valid_from, valid_to, at_time);

CREATE OR REPLACE MACRO access_of(the_person, at_time) AS TABLE
SELECT
    organization_id, person_id, person_name, kind, object_id, object_name, department_id,
    valid_from, granted_by
FROM access_spans_at(NULL, NULL, the_person, at_time)
WHERE person_key = the_person AND holds_at(valid_from, valid_to, at_time);
