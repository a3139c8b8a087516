COMMENT ON COLUMN absent_entries.organization_id IS 'Organization';
COMMENT ON COLUMN absent_entries.id IS 'Id of the entry';
COMMENT ON COLUMN absent_entries.reason IS 'vanished; expired, where it is older than all that the source still serves; or excluded by ETL_FROM_DATE';
COMMENT ON COLUMN absent_entries.noticed_at IS 'When it was noticed';

COMMENT ON COLUMN held_entries.organization_id IS 'Organization';
COMMENT ON COLUMN held_entries.id IS 'Id of the entry';
