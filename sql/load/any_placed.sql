-- Whether any entry may count elsewhere than at a time of its own.
SELECT
    EXISTS (SELECT 1 FROM quarantine WHERE organization_id = $organization_id)
    OR EXISTS (SELECT 1 FROM placements WHERE organization_id = $organization_id);
