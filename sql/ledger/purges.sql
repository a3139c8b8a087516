-- Purges that were noticed, by any run or by one.
SELECT noticed_at::VARCHAR, entries, span_seconds, passed_seconds
FROM purges
WHERE organization_id = $organization_id AND ($run_id IS NULL OR run_id = $run_id)
ORDER BY noticed_at;
