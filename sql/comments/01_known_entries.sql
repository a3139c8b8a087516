COMMENT ON COLUMN absent_entries.organization_id IS 'Organization';
COMMENT ON COLUMN absent_entries.id IS 'Id of the entry';
COMMENT ON COLUMN absent_entries.reason IS 'vanished, or expired where the source no longer keeps days so old';
COMMENT ON COLUMN absent_entries.noticed_at IS 'When it was noticed';

COMMENT ON COLUMN known_entries.organization_id IS 'Organization';
COMMENT ON COLUMN known_entries.id IS 'Id of the entry';
COMMENT ON COLUMN known_entries.position_at IS 'Time under which the source counts it: its own, or that of its neighbour where its own is unreadable or elsewhere';
COMMENT ON COLUMN known_entries.entity_type IS 'Entity type, NULL for quarantined entries';
COMMENT ON COLUMN known_entries.action_type IS 'Action type, NULL for quarantined entries';
