-- Entries that changed between two pages of one batch: the contents that were served before the last.
INSERT INTO audit_log_versions
SELECT
    $organization_id, id, served.occurred_at,
    action_type, entity_type, entity_id, entity_name, actor_id, actor_name, actor_email,
    target_type, target_id, target_name, department_id, department_name,
    previous_value, new_value, metadata, raw, content_hash,
    $now::TIMESTAMPTZ, $run_id, $now::TIMESTAMPTZ, $run_id
FROM ({entries}) AS entries JOIN served USING (number);
