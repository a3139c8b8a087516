-- Appends a row to the ledger.
INSERT INTO windows
SELECT
    coalesce((SELECT max(seq) FROM windows), 0) + 1,
    $run_id, $organization_id, $from_day::DATE, $to_day::DATE, $entity_type, $action_type,
    $verdict, $proof, $reason, $total::BIGINT, $distinct_entries::BIGINT, $pages_done,
    $requests::INTEGER, $history_from::DATE, $newest_first, $to_day_included, $total_cap::BIGINT,
    $zone, $oldest_served::TIMESTAMPTZ, $newest_served::TIMESTAMPTZ,
    $newest_before::TIMESTAMPTZ, $run_started_at::TIMESTAMPTZ, $now::TIMESTAMPTZ,
    $left_until::DATE;
