-- Each row was stored by a run.
SELECT organization_id, id, run_id FROM audit_log
ANTI JOIN runs USING (organization_id, run_id);
