-- Texts of entries that were stored last: of all runs, or of $run_id.
SELECT raw FROM (
    SELECT raw, first_synced_at FROM audit_log
    WHERE organization_id = $organization_id AND ($run_id IS NULL OR run_id = $run_id)
    UNION ALL
    SELECT raw, first_synced_at FROM quarantine
    WHERE organization_id = $organization_id AND ($run_id IS NULL OR run_id = $run_id)
)
ORDER BY first_synced_at DESC
LIMIT 500;
