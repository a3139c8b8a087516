-- Windows can be read again in several runs: what was served meanwhile is remembered.
CREATE TABLE served_again (
    organization_id VARCHAR NOT NULL,
    id VARCHAR NOT NULL
);
ALTER TABLE streams ADD COLUMN rereading_since TIMESTAMPTZ;
ALTER TABLE windows RENAME COLUMN deep_read_at TO read_at;
