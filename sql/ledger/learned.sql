-- What the source has shown of itself; it binds the stream to its host and filters, once it holds an entry.
MERGE INTO streams AS stored
USING (SELECT $organization_id AS organization_id) AS this
ON stored.organization_id = this.organization_id
WHEN MATCHED THEN UPDATE SET
    api_base_url = $api_base_url, filters = $filters::JSON,
    newest_first = $newest_first, ordered = $ordered, to_day_included = $to_day_included,
    total_cap = $cap, undated = $undated, excluding = $excluding,
    rereading_since = $rereading_since::TIMESTAMPTZ
WHEN NOT MATCHED THEN INSERT (
    organization_id, api_base_url, filters, bound_at, newest_first, ordered, to_day_included,
    total_cap, undated, excluding, rereading_since
) VALUES (
    $organization_id, $api_base_url, $filters::JSON, $now::TIMESTAMPTZ,
    $newest_first, $ordered, $to_day_included, $cap, $undated, $excluding,
    $rereading_since::TIMESTAMPTZ
);
