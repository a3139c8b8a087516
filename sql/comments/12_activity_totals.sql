COMMENT ON MACRO TABLE numbered_entries IS 'Every entry with the numbers of two kinds of key (actor, department, action)';
COMMENT ON MACRO TABLE activity_totals IS 'What the activity views sum up for each key of one kind (actor, department, action), by its number';
COMMENT ON MACRO TABLE activity_pairs IS 'How many entries each of one kind has with each of another, both by number';
COMMENT ON MACRO TABLE activity_different IS 'How many of another kind go with each of one kind, by its number';
COMMENT ON MACRO TABLE activity_counterparts IS 'How many of another kind go with each of one kind, by its number, and which most often';
