-- How many entries have no text any longer: personal data in them was erased by hand.
SELECT count(*) FROM (
    SELECT id FROM audit_log WHERE organization_id = $organization_id AND raw = ''
    UNION
    SELECT id FROM quarantine WHERE organization_id = $organization_id AND raw = ''
);
