COMMENT ON COLUMN access_changes.organization_id IS 'Organization';
COMMENT ON COLUMN access_changes.person_id IS 'Who gets or loses it';
COMMENT ON COLUMN access_changes.person_name IS 'Name of that person as the entry has it';
COMMENT ON COLUMN access_changes.kind IS 'role, department, knowledge or account';
COMMENT ON COLUMN access_changes.object_id IS 'What is granted: the role, the department, the knowledge, or the person whose account it is';
COMMENT ON COLUMN access_changes.object_name IS 'Name of that as the entry has it';
COMMENT ON COLUMN access_changes.department_id IS 'Of a role: the scope in which it is granted, NULL for everywhere. Else the department of the entry';
COMMENT ON COLUMN access_changes.change IS 'granted or revoked';
COMMENT ON COLUMN access_changes.occurred_at IS 'When';
COMMENT ON COLUMN access_changes.changed_by IS 'Who did it: id, else e-mail address, else name';
COMMENT ON COLUMN access_changes.entry_id IS 'The entry: audit_log.id';

COMMENT ON COLUMN account_removals.organization_id IS 'Organization';
COMMENT ON COLUMN account_removals.entry_id IS 'The entry: access_changes.entry_id';
