-- Spans of time are seconds: many programs that read the file do not know the type INTERVAL.
ALTER TABLE runs ADD COLUMN latest_by_seconds BIGINT;
UPDATE runs SET latest_by_seconds = ceil(epoch(latest_by))::BIGINT WHERE latest_by IS NOT NULL;
ALTER TABLE runs DROP COLUMN latest_by;
