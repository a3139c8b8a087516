-- The time of the one entry of a page, the earlier one where it is known under another, and whether it
-- is known.
SELECT
    CASE WHEN occurred_at IS NOT NULL THEN least(occurred_at, known.position_at) END::VARCHAR,
    known.id IS NOT NULL
FROM served
LEFT JOIN (
    SELECT id, position_at FROM known_entries
    WHERE organization_id = $organization_id AND id IN (SELECT id FROM served WHERE page = $page)
) AS known USING (id)
WHERE page = $page;
