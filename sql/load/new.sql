-- The upsert's first half: arrivals that are not stored yet. Not one MERGE for both halves: with a
-- condition on the arrival beside the keys DuckDB 1.5 compares each row with each.
INSERT INTO audit_log
SELECT
    $organization_id, id, served.occurred_at,
    action_type, entity_type, entity_id, entity_name, actor_id, actor_name, actor_email,
    target_type, target_id, target_name, department_id, department_name,
    previous_value, new_value, metadata, raw, content_hash, $now::TIMESTAMPTZ, $run_id
FROM ({entries}) AS entries JOIN served USING (number);
