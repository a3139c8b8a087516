COMMENT ON MACRO refutes IS 'Whether what a row of the ledger has shown cannot be, if the source''s days begin in this zone';
COMMENT ON COLUMN coverage.organization_id IS 'Organization';
COMMENT ON COLUMN coverage.from_day IS 'First day of the stretch; 0001-01-01: the beginning of history';
COMMENT ON COLUMN coverage.to_day IS 'Day after its last; 9999-12-31: open';
COMMENT ON COLUMN coverage.verdict IS 'complete, planned, partial or unproven';
COMMENT ON COLUMN coverage.reason IS 'Why it is not proven; empty where it is';
COMMENT ON COLUMN coverage.total IS 'Total that the source stated for the window of this verdict';
COMMENT ON COLUMN coverage.seq IS 'Ledger row that this verdict comes from';
COMMENT ON COLUMN coverage.run_started_at IS 'Start of the run that recorded it';
COMMENT ON COLUMN coverage.recorded_at IS 'When it was recorded';

COMMENT ON COLUMN watermark.organization_id IS 'Organization';
COMMENT ON COLUMN watermark.watermark IS 'Time of the newest entry up to which every day is proven; NULL before the first proof';
COMMENT ON COLUMN watermark.complete IS 'True where every day up to the newest window is proven';
COMMENT ON COLUMN watermark.proven_at IS 'As of when all is proven: the start of the run that did; of the newest that proved any last days, where not all is';
COMMENT ON COLUMN watermark.stated_at IS 'When the source stated the totals of these days; of the oldest such statement';
COMMENT ON COLUMN watermark.known IS 'Known entries: held here, and not known to have gone from the source';
