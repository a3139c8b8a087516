-- The organizations of a warehouse.
SELECT organization_id FROM streams
UNION
SELECT organization_id FROM audit_log
ORDER BY organization_id;
