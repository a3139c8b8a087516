COMMENT ON MACRO TABLE keyed_entries IS 'Every entry with what it tells of one kind of thing (actor, department, entity, target): key, id, name and e-mail address';
COMMENT ON MACRO TABLE latest_names IS 'Latest name of everything of one kind (actor, department, entity, target), by the key that it is counted under';
