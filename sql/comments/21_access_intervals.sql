COMMENT ON MACRO TABLE access_spans_at IS 'The same for a moment, NULL meaning any: leaves out most spans that do not hold then. What the access macros are made with';
COMMENT ON MACRO TABLE access_spans IS 'The spans of access of one kind, of one object and of one person; NULL means any. What access_intervals, role_assignments and the others are made with';

COMMENT ON COLUMN access_intervals.organization_id IS 'Organization';
COMMENT ON COLUMN access_intervals.person_id IS 'Who holds it';
COMMENT ON COLUMN access_intervals.person_name IS 'Latest name in the access changes';
COMMENT ON COLUMN access_intervals.person_key IS 'person_id, or the name where there is no id';
COMMENT ON COLUMN access_intervals.kind IS 'role, department, knowledge or account';
COMMENT ON COLUMN access_intervals.object_id IS 'What is held';
COMMENT ON COLUMN access_intervals.object_name IS 'Latest name of that in the access changes';
COMMENT ON COLUMN access_intervals.object_key IS 'object_id, or the name where there is no id';
COMMENT ON COLUMN access_intervals.department_id IS 'Of a role: the scope in which it holds, NULL for everywhere. Else the department of the entry that began it';
COMMENT ON COLUMN access_intervals.valid_from IS 'Since when it holds, this instant included; NULL: since before the history';
COMMENT ON COLUMN access_intervals.valid_to IS 'Until when it holds, this instant excluded; NULL: still';
COMMENT ON COLUMN access_intervals.granted_at IS 'When it was granted; earlier than valid_from where the account was off meanwhile; NULL: before the history';
COMMENT ON COLUMN access_intervals.granted_by IS 'Who granted it; NULL where the history does not tell';
COMMENT ON COLUMN access_intervals.revoked_by IS 'Who ended it; NULL where it still holds, or the history does not tell';
COMMENT ON COLUMN access_intervals.grant_entry_id IS 'The entry that granted it; NULL: before the history';
COMMENT ON COLUMN access_intervals.revocation_entry_id IS 'The entry that ended it: a revocation, or the deactivation or removal of the person; NULL: still';
