COMMENT ON MACRO of_kind IS 'Of the columns of five kinds of things (actor, department, action, entity, target) the one of this kind';
COMMENT ON MACRO TABLE keyed_entries IS 'Every entry with what it tells of one kind of thing (actor, department, action, entity, target): key, id, name and e-mail address';
COMMENT ON MACRO TABLE numbered_organizations IS 'Every organization that an entry is of, with its number';
COMMENT ON MACRO TABLE numbered_names IS 'latest_names with the numbers that stand for them, and a row for what names nothing';
COMMENT ON MACRO TABLE latest_names IS 'Latest name of everything of one kind (actor, department, action, entity, target), by the key that it is counted under';
