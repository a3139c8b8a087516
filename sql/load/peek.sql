-- The time of the one entry of a page, and whether it is known.
SELECT
    occurred_at::VARCHAR,
    id IN (SELECT id FROM known_entries WHERE organization_id = $organization_id)
FROM served WHERE page = $page;
