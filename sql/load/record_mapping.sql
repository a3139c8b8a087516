-- The mapping that is in force from now on.
INSERT INTO mappings BY NAME
SELECT
    (SELECT coalesce(max(seq), 0) + 1 FROM mappings) AS seq, $definition AS definition,
    $now::TIMESTAMPTZ AS applied_at, $version AS version, $reread AS reread;
