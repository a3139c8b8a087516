-- The former versions: of rows that are about to be replaced, and of entries that changed between
-- two pages of this batch, so that nothing that was served is lost.
INSERT INTO audit_log_versions
SELECT stored.*, $now::TIMESTAMPTZ, $run_id
FROM audit_log AS stored
JOIN arrivals USING (id)
WHERE stored.organization_id = $organization_id AND arrivals.stored_hash <> arrivals.content_hash
UNION ALL
SELECT DISTINCT ON (served.id, served.content_hash)
    $organization_id, served.id, served.occurred_at,
    served.action_type, served.entity_type, served.entity_id, served.entity_name,
    served.actor_id, served.actor_name, served.actor_email,
    served.target_type, served.target_id, served.target_name,
    served.department_id, served.department_name,
    served.previous_value, served.new_value, served.metadata,
    served.raw, served.content_hash,
    $now::TIMESTAMPTZ, $run_id, $now::TIMESTAMPTZ, $run_id
FROM served
JOIN arrivals USING (id)
WHERE served.reason IS NULL
    AND served.content_hash <> arrivals.content_hash
    AND served.content_hash IS DISTINCT FROM arrivals.stored_hash;
