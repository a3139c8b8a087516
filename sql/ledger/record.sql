-- Appends rows to the ledger, in their order. $rows: a JSON list of them.
INSERT INTO windows
SELECT
    coalesce((SELECT max(seq) FROM windows), 0) + place,
    $run_id, $organization_id, row.from_day::DATE, row.to_day::DATE,
    row.entity_type, row.action_type, row.verdict, row.proof, row.reason,
    row.total, row.distinct_entries, row.pages_done, row.requests, $history_from::DATE,
    row.newest_first, row.to_day_included, row.total_cap, row.zone,
    row.oldest_served::TIMESTAMPTZ, row.newest_served::TIMESTAMPTZ, row.newest_before::TIMESTAMPTZ,
    $run_started_at::TIMESTAMPTZ, $now::TIMESTAMPTZ, row.left_until::DATE
FROM (
    SELECT unnest(entries) AS row, generate_subscripts(entries, 1) AS place
    FROM (
        SELECT from_json($rows, '[{
            "from_day": "VARCHAR", "to_day": "VARCHAR",
            "entity_type": "VARCHAR", "action_type": "VARCHAR",
            "verdict": "VARCHAR", "proof": "VARCHAR", "reason": "VARCHAR",
            "total": "BIGINT", "distinct_entries": "BIGINT", "pages_done": "VARCHAR",
            "requests": "INTEGER", "newest_first": "BOOLEAN", "to_day_included": "BOOLEAN",
            "total_cap": "BIGINT", "zone": "VARCHAR", "oldest_served": "VARCHAR",
            "newest_served": "VARCHAR", "newest_before": "VARCHAR", "left_until": "VARCHAR"
        }]') AS entries
    )
);
