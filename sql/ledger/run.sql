-- One row for each run and organization, brought up to date by each of the run's transactions.
MERGE INTO runs AS stored
USING (SELECT $run_id AS run_id, $organization_id AS organization_id) AS this
ON stored.run_id = this.run_id AND stored.organization_id = this.organization_id
WHEN MATCHED THEN UPDATE SET
    status = $status, message = $message, finished_at = $now::TIMESTAMPTZ,
    requests = $requests, fetched = $fetched, inserted = $inserted, changed = $changed,
    quarantined = $quarantined, vanished = $vanished, late = $late,
    latest_by_seconds = $latest_by_seconds, source_total = $source_total,
    warehouse_total = $warehouse_total
WHEN NOT MATCHED THEN INSERT (
    run_id, organization_id, command, status, message, started_at, finished_at, requests, fetched,
    inserted, changed, quarantined, vanished, late, latest_by_seconds,
    source_total, warehouse_total, version
) VALUES (
    $run_id, $organization_id, $command, $status, $message,
    $run_started_at::TIMESTAMPTZ, $now::TIMESTAMPTZ,
    $requests, $fetched, $inserted, $changed, $quarantined, $vanished, $late,
    $latest_by_seconds, $source_total, $warehouse_total, $version
);
