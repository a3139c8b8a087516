-- Entries that had gone from the source and are served again.
INSERT INTO absences BY NAME
SELECT organization_id, id, 'returned' AS reason, $now::TIMESTAMPTZ AS noticed_at, $run_id AS run_id
FROM absent_entries
WHERE organization_id = $organization_id AND id IN (SELECT id FROM served);
