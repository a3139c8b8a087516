-- Whether a walk was served anything that may count elsewhere than at its own time.
SELECT count(*) > 0
FROM served
WHERE walk = $walk AND (
    occurred_at IS NULL OR astray
    OR occurred_at < $outer_from::TIMESTAMPTZ OR occurred_at >= $outer_to::TIMESTAMPTZ
    OR id IN (SELECT id FROM placements WHERE organization_id = $organization_id)
);
