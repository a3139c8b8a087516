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

COMMENT ON MACRO holds_at IS 'Whether a span holds at a moment: its beginning included, its end excluded';
COMMENT ON MACRO TABLE access_at IS 'Who could do what at a moment. Before the first entry only what valid_from NULL marks as held since before the history: the log says nothing of earlier times. What was granted before the history and never revoked since is missing: no entry tells of it';
COMMENT ON MACRO TABLE role_holders_at IS 'Who held one role at a moment. What was granted before the history and never revoked since is missing: no entry tells of it';
COMMENT ON MACRO TABLE access_of IS 'What one person could do at a moment. What was granted before the history and never revoked since is missing: no entry tells of it';
