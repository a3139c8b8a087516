-- How an entry is read as a grant or a revocation, and as the removal of a person. This is the only
-- place that knows; everything about access over time builds on these two views alone. To adapt them,
-- copy this file into the folder views/ of ETL_SQL_DIR and change it there: both views, with the same
-- columns. What names accounts is in both.
--
-- The API does not publish this; assumed until an organization's data says otherwise:
--   role_assignment        the target gets or loses the role that is the entity, in the scope of
--                          the department (none: everywhere)
--   department_membership  the target enters or leaves the department, else the entity
--   knowledge_grant        the target gets or loses what is the entity
--   user                   the target, else the entity, gets or loses their account; removed means
--                          for good, with all that they hold

CREATE OR REPLACE VIEW access_changes AS
WITH readings AS (
    FROM (VALUES
        ('role', 'assigned', 'granted'),
        ('role', 'unassigned', 'revoked'),
        ('department', 'membership_added', 'granted'),
        ('department', 'membership_removed', 'revoked'),
        ('knowledge', 'created', 'granted'),
        ('knowledge', 'assigned', 'granted'),
        ('knowledge', 'deleted', 'revoked'),
        ('knowledge', 'removed', 'revoked'),
        ('knowledge', 'unassigned', 'revoked'),
        ('account', 'invited', 'granted'),
        ('account', 'reactivated', 'granted'),
        ('account', 'deactivated', 'revoked'),
        ('account', 'removed', 'revoked')
    ) AS reading (kind, action_type, change)
), of_a_kind AS (
    SELECT
        *,
        -- As a map, and not joined like the change: entries of other types, or of other kinds than are
        -- asked for, are then left out while the table is read, before their other columns are.
        MAP {
            'role_assignment': 'role',
            'department_membership': 'department',
            'knowledge_grant': 'knowledge',
            'user': 'account'
        }[entity_type] AS kind
    FROM entries
    WHERE kind IS NOT NULL
), entries_read AS (
    SELECT
        of_a_kind.*,
        readings.change,
        kind = 'account' AND target_key IS NULL AS person_is_entity
    FROM of_a_kind
    JOIN readings USING (kind, action_type)
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

-- Not a column of access_changes, whose columns are promised; joined to it by the few accounts' changes.
CREATE OR REPLACE VIEW account_removals AS
SELECT organization_id, entry_id
FROM entries
WHERE entity_type = 'user' AND action_type = 'removed';

COMMENT ON VIEW account_removals IS 'Which of the account revocations in access_changes remove the person for good, with all that they hold, and not only until the account is back';
