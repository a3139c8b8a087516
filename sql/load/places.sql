-- The first and the last row of a table, by their rowid.
SELECT min(rowid), max(rowid) FROM {table};
