COMMENT ON MACRO known_as IS 'A name with its id behind it, or what there is of the two';
COMMENT ON MACRO access_text IS 'What was granted or revoked, in words';
COMMENT ON MACRO local_text IS 'A moment in ETL_TIMEZONE, as 2026-05-01 03:12';
COMMENT ON MACRO span_text IS 'How long something lasted, as 4.5 hours or 12.0 days';
