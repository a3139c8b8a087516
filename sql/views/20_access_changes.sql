-- How an entry is read as a grant or a revocation. This is the only place that knows; everything
-- about access over time builds on this view alone. To adapt it, put a file with your own
-- CREATE OR REPLACE VIEW access_changes, with the same columns, into ETL_SQL_DIR.
--
-- The API does not publish this; assumed until an organization's data says otherwise:
--   role_assignment        the target gets or loses the role that is the entity, in the scope of
--                          the department (none: everywhere)
--   department_membership  the target enters or leaves the department, else the entity
--   knowledge_grant        the target gets or loses what is the entity
--   user                   the target, else the entity, gets or loses their account

CREATE OR REPLACE VIEW access_changes AS
WITH readings AS (
    FROM (VALUES
        ('role_assignment', 'assigned', 'role', 'granted'),
        ('role_assignment', 'unassigned', 'role', 'revoked'),
        ('department_membership', 'membership_added', 'department', 'granted'),
        ('department_membership', 'membership_removed', 'department', 'revoked'),
        ('knowledge_grant', 'created', 'knowledge', 'granted'),
        ('knowledge_grant', 'assigned', 'knowledge', 'granted'),
        ('knowledge_grant', 'deleted', 'knowledge', 'revoked'),
        ('knowledge_grant', 'removed', 'knowledge', 'revoked'),
        ('knowledge_grant', 'unassigned', 'knowledge', 'revoked'),
        ('user', 'invited', 'account', 'granted'),
        ('user', 'reactivated', 'account', 'granted'),
        ('user', 'deactivated', 'account', 'revoked'),
        ('user', 'removed', 'account', 'revoked')
    ) AS reading (entity_type, action_type, kind, change)
), entries_read AS (
    SELECT
        entries.*,
        readings.kind,
        readings.change,
        readings.kind = 'account' AND entries.target_key IS NULL AS person_is_entity
    FROM entries
    JOIN readings USING (entity_type, action_type)
)
SELECT
    organization_id,
    CASE WHEN person_is_entity THEN entity_id ELSE target_id END AS person_id,
    CASE WHEN person_is_entity THEN entity_name ELSE target_name END AS person_name,
    kind,
    CASE
        WHEN kind = 'account' THEN CASE WHEN person_is_entity THEN entity_id ELSE target_id END
        WHEN kind = 'department' AND department_key IS NOT NULL THEN department_id
        ELSE entity_id
    END AS object_id,
    CASE
        WHEN kind = 'account' THEN CASE WHEN person_is_entity THEN entity_name ELSE target_name END
        WHEN kind = 'department' AND department_key IS NOT NULL THEN department_name
        ELSE entity_name
    END AS object_name,
    CASE
        WHEN kind = 'department' AND department_key IS NULL THEN entity_id
        ELSE department_id
    END AS department_id,
    change,
    occurred_at,
    actor_key AS changed_by,
    entry_id
FROM entries_read;

COMMENT ON VIEW access_changes IS 'Entries that grant or revoke access, read as such; the only place that knows how';
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
