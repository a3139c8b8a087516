-- Contents that share an id with a row: each is known under an id of its own.
SELECT id FROM quarantine WHERE organization_id = $organization_id AND reason = 'duplicate_id';
