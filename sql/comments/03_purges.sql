COMMENT ON COLUMN purges.organization_id IS 'Organization';
COMMENT ON COLUMN purges.run_id IS 'Run that noticed it';
COMMENT ON COLUMN purges.noticed_at IS 'When it was noticed';
COMMENT ON COLUMN purges.entries IS 'Entries that are no longer served';
COMMENT ON COLUMN purges.oldest IS 'Time of the oldest of them';
COMMENT ON COLUMN purges.newest IS 'Time of the newest of them';
COMMENT ON COLUMN purges.span_seconds IS 'How much of the history has gone, in seconds';
COMMENT ON COLUMN purges.passed_seconds IS 'How long before the last complete run had begun, in seconds';
