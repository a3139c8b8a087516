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
FROM access_intervals
WHERE kind = 'role';

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
FROM access_intervals
WHERE kind = 'department';

CREATE OR REPLACE MACRO access_at(at_time) AS TABLE
SELECT
    organization_id, person_id, person_name, kind, object_id, object_name, department_id,
    valid_from, granted_by
FROM access_intervals
WHERE (valid_from IS NULL OR valid_from <= CAST(at_time AS TIMESTAMPTZ))
    AND (valid_to IS NULL OR valid_to > CAST(at_time AS TIMESTAMPTZ))
    AND CAST(at_time AS TIMESTAMPTZ) IS NOT NULL;

CREATE OR REPLACE MACRO role_holders_at(the_role, at_time) AS TABLE
SELECT
    organization_id, person_id, person_name, object_id AS role_id, object_name AS role_name,
    department_id, valid_from, granted_by
FROM access_intervals
WHERE kind = 'role' AND object_key = the_role
    AND (valid_from IS NULL OR valid_from <= CAST(at_time AS TIMESTAMPTZ))
    AND (valid_to IS NULL OR valid_to > CAST(at_time AS TIMESTAMPTZ))
    AND CAST(at_time AS TIMESTAMPTZ) IS NOT NULL;

CREATE OR REPLACE MACRO access_of(the_person, at_time) AS TABLE
SELECT
    organization_id, person_id, person_name, kind, object_id, object_name, department_id,
    valid_from, granted_by
FROM access_intervals
WHERE person_key = the_person
    AND (valid_from IS NULL OR valid_from <= CAST(at_time AS TIMESTAMPTZ))
    AND (valid_to IS NULL OR valid_to > CAST(at_time AS TIMESTAMPTZ))
    AND CAST(at_time AS TIMESTAMPTZ) IS NOT NULL;
