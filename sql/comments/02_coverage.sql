COMMENT ON COLUMN coverage.organization_id IS 'Organization';
COMMENT ON COLUMN coverage.from_day IS 'First day of the window; 1970-01-01: the beginning of history';
COMMENT ON COLUMN coverage.to_day IS 'Day after its last; NULL: open';
COMMENT ON COLUMN coverage.verdict IS 'complete or unproven';
COMMENT ON COLUMN coverage.stated IS 'Total that the source stated when all of it was held';
COMMENT ON COLUMN coverage.reason IS 'Why it is not proven';

COMMENT ON COLUMN watermark.organization_id IS 'Organization';
COMMENT ON COLUMN watermark.watermark IS 'Newest occurred_at not after the start of the run, as of the last proof; NULL before the first';
COMMENT ON COLUMN watermark.complete IS 'True where the last comparison with the source proved the copy, and every window is proven';
COMMENT ON COLUMN watermark.proven_at IS 'As of when the copy was last proven complete: the start of that run';
COMMENT ON COLUMN watermark.stated_at IS 'Start of the last run in which the source stated a total of everything';
COMMENT ON COLUMN watermark.known IS 'Entries held here that the source is not known to have dropped';
