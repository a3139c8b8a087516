-- For each walk of what is staged: whether it was served anything that may count elsewhere than at
-- its own time, and the oldest and the newest time served.
SELECT
    walk,
    bool_or(
        occurred_at IS NULL OR astray
        OR id IN (SELECT id FROM placements WHERE organization_id = $organization_id)
    ),
    min(occurred_at)::VARCHAR,
    max(occurred_at)::VARCHAR
FROM served
GROUP BY walk;
