-- Known entries about a walk's window: all that its walk can have been served, or should have been,
-- and those of three days before it. Read once, since a search of everything grows with the history.
-- `served`: whether the walk was.
CREATE OR REPLACE TEMP TABLE here AS
SELECT id, position_at, id IN (SELECT id FROM walked WHERE walk = $walk) AS served
FROM known_entries
WHERE organization_id = $organization_id
    AND ($outer_from IS NULL OR position_at >= $outer_from::TIMESTAMPTZ - INTERVAL 3 DAY)
    AND ($outer_to IS NULL OR position_at < $outer_to::TIMESTAMPTZ);
