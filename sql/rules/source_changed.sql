-- id: source_changed
-- title: An entry changed or vanished at the source
-- severity: critical
-- technique: T1070
-- advice: An audit log does not change. Ask Aitronos with the entry's id what happened, and keep this
--   copy, which holds what was served before (audit_log, audit_log_versions).
-- false alarms: A correction or a new field by the vendor, which changes many entries at once. Entries
--   that the source no longer keeps because of their age are not reported.
-- occurred_at is when it was noticed: when it happened at the source, nobody tells.
SELECT
    organization_id,
    former.noticed_at AS occurred_at,
    coalesce(former.actor_id, former.actor_email, former.actor_name) AS actor_id,
    id AS entry_id,
    format(
        'The entry of {} was served differently before: {}',
        local_text(former.occurred_at),
        coalesce(nullif(concat_ws(
            ', ',
            CASE WHEN former.occurred_at <> latest.occurred_at THEN 'time' END,
            CASE WHEN former.action_type IS DISTINCT FROM latest.action_type THEN 'action' END,
            CASE
                WHEN (former.entity_type, former.entity_id, former.entity_name)
                    IS DISTINCT FROM (latest.entity_type, latest.entity_id, latest.entity_name)
                    THEN 'entity'
            END,
            CASE
                WHEN (former.actor_id, former.actor_name, former.actor_email)
                    IS DISTINCT FROM (latest.actor_id, latest.actor_name, latest.actor_email)
                    THEN 'actor'
            END,
            CASE
                WHEN (former.target_type, former.target_id, former.target_name)
                    IS DISTINCT FROM (latest.target_type, latest.target_id, latest.target_name)
                    THEN 'target'
            END,
            CASE
                WHEN (former.department_id, former.department_name)
                    IS DISTINCT FROM (latest.department_id, latest.department_name)
                    THEN 'department'
            END,
            CASE
                WHEN former.previous_value IS DISTINCT FROM latest.previous_value
                    THEN 'previous value'
            END,
            CASE WHEN former.new_value IS DISTINCT FROM latest.new_value THEN 'new value' END,
            CASE WHEN former.metadata IS DISTINCT FROM latest.metadata THEN 'metadata' END
        ), ''), 'other fields')
    ) AS explanation
FROM audit_log_versions AS former
JOIN audit_log AS latest USING (organization_id, id)
UNION ALL
SELECT
    organization_id,
    noticed_at AS occurred_at,
    coalesce(actor_id, actor_email, actor_name) AS actor_id,
    id AS entry_id,
    format(
        'The entry of {} is no longer served: {} {}',
        coalesce(local_text(occurred_at), 'an unreadable time'),
        coalesce(action_type, 'unknown action'), coalesce(entity_type, '')
    ) AS explanation
FROM absences
LEFT JOIN audit_log USING (organization_id, id)
WHERE reason = 'vanished'
