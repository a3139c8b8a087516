-- A row where anything is quarantined: in most warehouses nothing is, and that is told at once.
SELECT 1 FROM quarantine WHERE organization_id = $organization_id LIMIT 1;
