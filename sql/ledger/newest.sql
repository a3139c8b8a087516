-- The newest known entry, but for what claims to be of after the last run.
SELECT max(position_at)::VARCHAR
FROM known_entries
WHERE organization_id = $organization_id AND position_at <= (
    SELECT max(run_started_at) FROM windows WHERE organization_id = $organization_id
);
