-- The first and the last row, by their rowid, of the rows of derived.sql.
SELECT min(place), max(place) FROM ({rows});
