-- Entries that had gone from the source and are served again.
INSERT INTO absences
SELECT organization_id, id, 'returned', $now::TIMESTAMPTZ, $run_id
FROM absent_entries
WHERE organization_id = $organization_id AND id IN (SELECT id FROM served);
