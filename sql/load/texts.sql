-- The stored texts and their content hashes, of rows $first to $last.
SELECT place, content_hash, raw FROM ({rows});
