-- Of an entry without an id and without a time: between which instants its own time lies. By this it
-- is told from others with the same text. NULL: unbounded, as for what was stored before.
ALTER TABLE quarantine ADD COLUMN not_before TIMESTAMPTZ;
ALTER TABLE quarantine ADD COLUMN not_after TIMESTAMPTZ;
