-- The upsert's second half: rows whose content is another now. Unchanged ones are not among the arrivals
-- here at all, so that no row group is rewritten for them.
MERGE INTO audit_log AS stored
USING (
    SELECT
        $organization_id AS organization_id, served.id, served.occurred_at, served.content_hash,
        entries.* EXCLUDE (number)
    FROM ({entries}) AS entries JOIN served USING (number)
) AS arrival
ON stored.organization_id = arrival.organization_id AND stored.id = arrival.id
WHEN MATCHED THEN UPDATE SET
    occurred_at = arrival.occurred_at,
    action_type = arrival.action_type,
    entity_type = arrival.entity_type,
    entity_id = arrival.entity_id,
    entity_name = arrival.entity_name,
    actor_id = arrival.actor_id,
    actor_name = arrival.actor_name,
    actor_email = arrival.actor_email,
    target_type = arrival.target_type,
    target_id = arrival.target_id,
    target_name = arrival.target_name,
    department_id = arrival.department_id,
    department_name = arrival.department_name,
    previous_value = arrival.previous_value,
    new_value = arrival.new_value,
    metadata = arrival.metadata,
    raw = arrival.raw,
    content_hash = arrival.content_hash,
    run_id = $run_id;
