-- Purges that were noticed, by any run or by one; spans in microseconds.
SELECT
    noticed_at::VARCHAR, entries, epoch_us(newest) - epoch_us(oldest),
    epoch_us(noticed_at) - epoch_us(noticed_at - passed)
FROM purges
WHERE organization_id = $organization_id AND ($run_id IS NULL OR run_id = $run_id)
ORDER BY noticed_at;
