-- By which mapping the columns of audit_log were taken from the texts: the last row is in force.
CREATE TABLE mappings (
    seq BIGINT NOT NULL,
    definition VARCHAR NOT NULL,
    applied_at TIMESTAMPTZ NOT NULL,
    version VARCHAR NOT NULL,
    reread BIGINT NOT NULL
);
