-- Unchanged rows are not in the source at all, so that no row group is rewritten for them.
MERGE INTO audit_log AS stored
USING (
    SELECT served.*, arrivals.stored_hash
    FROM served JOIN arrivals USING (page, place)
    WHERE arrivals.stored_hash IS NULL OR arrivals.stored_hash <> arrivals.content_hash
) AS arrival
ON stored.id = arrival.id AND stored.organization_id = $organization_id
    AND arrival.stored_hash IS NOT NULL
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
    run_id = $run_id
WHEN NOT MATCHED THEN INSERT VALUES (
    $organization_id, arrival.id, arrival.occurred_at,
    arrival.action_type, arrival.entity_type, arrival.entity_id, arrival.entity_name,
    arrival.actor_id, arrival.actor_name, arrival.actor_email,
    arrival.target_type, arrival.target_id, arrival.target_name,
    arrival.department_id, arrival.department_name,
    arrival.previous_value, arrival.new_value, arrival.metadata,
    arrival.raw, arrival.content_hash, $now::TIMESTAMPTZ, $run_id
);
