INSERT INTO twins
SELECT id FROM quarantine
WHERE organization_id = $organization_id AND reason = 'duplicate_id'
    AND id NOT IN (
        SELECT id FROM absent_entries WHERE organization_id = $organization_id
    );
